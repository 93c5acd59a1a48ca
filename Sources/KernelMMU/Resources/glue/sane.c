// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the compiler calls before accesses of kernel code, by -fsanitize=kernel-address: MEM-1 is looked at whether the
// access is a schedule point or not. Before it calls it looks at a shadow, in which all memory is marked that has to be
// asked about; where there is no shadow it calls before each access.
//
// This file itself is never instrumented.
#include "glue.h"
#include "sane.h"

enum { TLS_REACH = 4096 };

static bool is_slot_dead(const struct stress_world *world, u64 at) {
  u64 offset = at - (u64)world->slots;
  return offset < sizeof(world->slots) && world->dead_slots >> offset / sizeof(world->slots[0]) & 1;
}

// Behind its fixed part a world has arrays, with a gap before each.
static bool is_in_world(const struct stress_world *world, u64 at, u32 bytes) {
  u64 arrays = (u64)&world->vcpus[world->config.vcpus];
  if (likely(at + bytes <= arrays)) return !is_slot_dead(world, at);
  for (u32 index = 0; index < ARRAY_SIZE(world->arrays); index++) {
    const struct stress_array *array = &world->arrays[index];
    if (at >= array->start && at + bytes <= array->end) return array->start != (u64)world->dirty_bits || world->logs;
  }
  return false;
}

bool stress_is_known(const struct stress_task *task, u64 at, u32 bytes) {
  if (at - task->shared < task->shared_bytes) return is_in_world(task->world, at, bytes);
  if (at - (u64)task->pages < task->arena_bytes / PAGE_SIZE * sizeof(struct page)) return true;
  if (at - stress_variables.image < stress_variables.image_bytes || stress_is_on_stack(at)) return true;
  if (at - (u64)task < sizeof(*task) || at - (u64)&stress_current_task + TLS_REACH < 2 * TLS_REACH) return true;
  if (at - (u64)task->host < sizeof(*task->host)) return true;
  // What is no address at all the processor finds: OOPS-1 says more about it. And a host without objects of its own.
  return at >> 32 == 0 || at >> 47 || !task->page_states;
}

noinline void stress_bad_access(struct stress_task *task, u64 at, u32 bytes, bool is_write, const void *caller) {
  struct stress_finding finding = {
      .kind = STRESS_FINDING_ACCESS, .address = at, .bytes = bytes, .is_write = is_write, .where = caller,
  };
  if (at - task->shared < task->shared_bytes)
    finding.text = is_slot_dead(task->world, at) ? "a struct kvm_memory_slot that no fault may use any more"
                   : at - (u64)task->world->dirty_bits < (u64)task->world->regions - (u64)task->world->dirty_bits
                       ? "a dirty_bitmap, out of its bounds or after logging has ended"
                       : "an array of the VM's, out of its bounds";
  STRESS_TELL(task, finding, &finding);
}

noinline void stress_check(const volatile void *address, u64 bytes, bool is_write) {
  struct stress_task *task = stress_current();
  if (task && bytes) stress_look(task, (u64)address, min(bytes, (u64)PAGE_SIZE), is_write, __builtin_return_address(0));
}

static __always_inline void look(u64 at, u32 bytes, bool is_write, const void *caller) {
  struct stress_task *task = stress_current();
  if (unlikely(!task)) return;
  stress_look(task, at, bytes, is_write, caller);
  if (bytes == 8 && !is_write && at - task->arena < task->arena_bytes) stress_read_plainly(task, at);
}

#define LOOK(size, is_write) look(at, size, is_write, __builtin_return_address(0))
#define HOOKS(size) \
  void __asan_load##size##_noabort(u64 at) { LOOK(size, false); } \
  void __asan_store##size##_noabort(u64 at) { LOOK(size, true); } \
  void __asan_report_load##size##_noabort(u64 at) { look(at, size, false, __builtin_return_address(0)); } \
  void __asan_report_store##size##_noabort(u64 at) { look(at, size, true, __builtin_return_address(0)); }
HOOKS(1)
HOOKS(2)
HOOKS(4)
HOOKS(8)
HOOKS(16)
#define SIZED(name, is_write) \
  void name(u64 at, u64 bytes) { LOOK(min(bytes, (u64)PAGE_SIZE), is_write); }
SIZED(__asan_loadN_noabort, false)
SIZED(__asan_storeN_noabort, true)
SIZED(__asan_report_load_n_noabort, false)
SIZED(__asan_report_store_n_noabort, true)

// Of a world, what is not its fixed part, and the slots.
void stress_mark_world(struct stress_world *world, u64 bytes) {
  if (!world->config.has_shadow) return;
  u8 *shadow = (u8 *)(((u64)world >> 3) + STRESS_SHADOW_OFFSET);
  u64 arrays = (u64)&world->vcpus[world->config.vcpus] - (u64)world;
  u64 slots = (u64)world->slots - (u64)world;
  memset(shadow, 0, arrays / 8);
  memset(shadow + arrays / 8, 0xff, (bytes - arrays) / 8);
  memset(shadow + slots / 8, 0xff, sizeof(world->slots) / 8);
}

// Stacks and variables are nobody else's business.
void __asan_handle_no_return(void) {}
void __asan_init(void) {}
void __asan_register_globals(void *globals, u64 count) {}
void __asan_unregister_globals(void *globals, u64 count) {}
