// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Where an access of kernel code goes: to memory that is allocated, and inside of it. What is known of each page and
// object is the host's, so that a snapshot puts it back with them.
#pragma once

// All that is neither a page table nor an object: true where kernel code may access it.
bool stress_is_known(const struct stress_task *task, u64 at, u32 bytes);
// Does not return. Of a read also where the memory is allocated and was not written since: STRESS_UNWRITTEN.
void stress_bad_access(struct stress_task *task, u64 at, u32 bytes, bool is_write, const void *caller);

// Stacks are nobody else's business. A stack of the host's is smaller; other memory may stand as near, so that it is
// asked about first.
enum { STRESS_STACK_REACH = 1 << 20 };
static __always_inline bool stress_is_on_stack(u64 at) {
#if defined(__x86_64__)
  u64 top;
  __asm__("mov %%rsp, %0" : "=r"(top));
#else
  u64 top = (u64)__builtin_frame_address(0);
#endif
  return at - top + STRESS_STACK_REACH < 2 * STRESS_STACK_REACH;
}

// Told by what stands there: no access of less than 8 bytes can be told, and a bit-field is read to be written.
static __always_inline bool stress_is_written(u64 at, u32 bytes) {
  return bytes != 8 || *(const volatile u64 *)at != STRESS_UNWRITTEN;
}

static __always_inline void stress_look(
    struct stress_task *task, u64 at, u32 bytes, bool is_write, const void *caller) {
  // Objects are what most that is asked about is: page tables are read by stress_read64(), which looks for itself.
  u64 offset = at - task->objects;
  if (likely(offset < task->objects_bytes)) {
    if (unlikely(!task->object_sizes)) return;
    u64 slot = offset / STRESS_OBJECT_BYTES;
    u16 size = *(const u16 *)((const char *)task->object_sizes + slot * task->object_stride);
    if (likely(offset % STRESS_OBJECT_BYTES + bytes <= size && slot < *task->object_count &&
               (is_write || stress_is_written(at, bytes))))
      return;
  } else if ((offset = at - task->arena) < task->arena_bytes) {
    if (unlikely(!task->page_states)) return;
    u64 byte = offset / PAGE_SIZE * STRESS_PAGE_STRIDE;
    if (likely(task->page_states[byte] != STRESS_PAGE_FREE && task->page_kinds[byte] != STRESS_PAGE_MODULES &&
               (is_write || stress_is_written(at, bytes))))
      return;
  } else if (stress_is_known(task, at, bytes)) {
    return;
  }
  stress_bad_access(task, at, bytes, is_write, caller);
}
