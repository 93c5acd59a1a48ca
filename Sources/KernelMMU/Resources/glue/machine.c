// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What kernel code stands on: schedule points, locks with what lockdep would know, RCU.

#include "glue.h"

// The host's functions are named so.
#undef rcu_read_lock
#undef rcu_read_unlock

__thread struct stress_task *stress_current_task __attribute__((tls_model("initial-exec"), visibility("hidden")));

// The object's variables: its writable segment, less what the loader protects once it is done.

struct stress_variables stress_variables __read_mostly;

extern char __ehdr_start[] __attribute__((visibility("hidden")));
extern char __start_stress_read_mostly[] __attribute__((visibility("hidden")));
extern char __stop_stress_read_mostly[] __attribute__((visibility("hidden")));
#ifdef STRESS_COVERAGE
// The linker script's: counters stand behind all variables.
extern char stress_counters_start[] __attribute__((visibility("hidden")));
#endif

// Of the ELF header and of a program header, which no header here declares.
enum { ELF_PHOFF = 32, ELF_PHENTSIZE = 54, ELF_PHNUM = 56 };
enum { PHDR_FLAGS = 4, PHDR_VADDR = 16, PHDR_MEMSZ = 40, PT_LOAD = 1, PT_GNU_RELRO = 0x6474e552, PF_W = 2 };

static u64 phdr_word(const char *header, u32 offset) { return *(const u64 *)(header + offset); }

void stress_variables_initialize(void) {
  const char *header = __ehdr_start + *(const u64 *)(__ehdr_start + ELF_PHOFF);
  u32 count = *(const u16 *)(__ehdr_start + ELF_PHNUM), bytes = *(const u16 *)(__ehdr_start + ELF_PHENTSIZE);
  u64 protected_end = 0, start = 0, end = 0, image_end = 0;
  for (u32 index = 0; index < count; index++)
    if (*(const u32 *)(header + index * bytes) == PT_GNU_RELRO)
      protected_end = phdr_word(header + index * bytes, PHDR_VADDR) + phdr_word(header + index * bytes, PHDR_MEMSZ);
  protected_end &= PAGE_MASK;
  for (u32 index = 0; index < count; index++, header += bytes) {
    if (*(const u32 *)header != PT_LOAD) continue;
    image_end = max(image_end, phdr_word(header, PHDR_VADDR) + phdr_word(header, PHDR_MEMSZ));
    if (!(*(const u32 *)(header + PHDR_FLAGS) & PF_W)) continue;
    u64 from = max(phdr_word(header, PHDR_VADDR), protected_end);
    u64 to = phdr_word(header, PHDR_VADDR) + phdr_word(header, PHDR_MEMSZ);
    if (from >= to) continue;
    if (!start) start = from;
    end = to;
  }
#ifdef STRESS_COVERAGE
  end = min(end, (u64)(stress_counters_start - __ehdr_start));
#endif
  stress_variables = (struct stress_variables){
      .start = (u64)__ehdr_start + start, .bytes = end - start, .image = (u64)__ehdr_start, .image_bytes = image_end,
      .read_mostly = (u64)__start_stress_read_mostly,
      .read_mostly_bytes = (u64)__stop_stress_read_mostly - (u64)__start_stress_read_mostly,
  };
}

// Reports.

static void report(u32 kind, const char *file, u32 line, const char *function, const char *text) {
  struct stress_violation violation = {.kind = kind, .line = line, .file = file, .function = function, .text = text};
  STRESS_TELL(stress_current(), violation, &violation);
}

void stress_violation(u32 kind, const char *file, u32 line, const char *function, const char *format, ...) {
  char text[256];
  __builtin_va_list arguments;
  __builtin_va_start(arguments, format);
  vsnprintf(text, sizeof(text), format, arguments);
  __builtin_va_end(arguments);
  report(kind, file, line, function, text);
}

__noreturn void stress_bug(const char *file, u32 line, const char *function, const char *text) {
  report(STRESS_VIOLATION_BUG, file, line, function, text);
  __builtin_trap();
}

void stress_print(const char *format, ...) {
  char text[256];
  __builtin_va_list arguments;
  __builtin_va_start(arguments, format);
  vsnprintf(text, sizeof(text), format, arguments);
  __builtin_va_end(arguments);
  STRESS_TELL(stress_current(), print, text);
}

// Locks.

static struct stress_held *held(struct stress_task *task, const struct stress_lock *lock) {
  for (u32 index = task->held_count; index-- > 0;)
    if (task->held[index].lock == lock) return &task->held[index];
  return NULL;
}

u32 stress_held_mode(const struct stress_lock *lock) {
  const struct stress_held *entry = held(stress_current(), lock);
  return entry ? entry->mode : 0;
}

void stress_assert_held(
    const struct stress_lock *lock, u32 modes, const char *text, const char *file, u32 line, const char *function) {
  u32 mode = stress_held_mode(lock);
  bool holds = modes == 0 ? mode == 0 : (mode & modes) != 0;
  if (unlikely(!holds)) report(STRESS_VIOLATION_LOCK, file, line, function, text);
}

void stress_lock(struct stress_lock *lock, u32 mode, const char *file, u32 line, const char *function) {
  struct stress_task *task = stress_current();
  if (unlikely(held(task, lock))) report(STRESS_VIOLATION_LOCK, file, line, function, "a lock is taken that is held");
  if (unlikely(task->held_count == STRESS_HELD_MAX)) stress_bug(file, line, function, "too many locks are held");
  // mmu_lock nests outside tdp_mmu_pages_lock, and slots_lock, which sleeps, outside both.
  for (u32 index = 0; index < task->held_count; index++)
    if (unlikely(task->held[index].lock->kind == STRESS_LOCK_PAGES && lock->kind == STRESS_LOCK_MMU))
      report(STRESS_VIOLATION_LOCK, file, line, function, "mmu_lock is taken inside tdp_mmu_pages_lock");
  if (unlikely(lock->kind == STRESS_LOCK_SLOTS && (task->held_count || task->rcu_depth)))
    report(STRESS_VIOLATION_LOCK, file, line, function, "slots_lock is taken in an atomic section");
  task->caller = __builtin_return_address(0);
  STRESS_TELL(task, lock, lock, mode, __builtin_return_address(0));
  task->held[task->held_count++] = (struct stress_held){lock, mode};
}

void stress_unlock(struct stress_lock *lock, u32 mode, const char *file, u32 line, const char *function) {
  struct stress_task *task = stress_current();
  struct stress_held *entry = held(task, lock);
  if (unlikely(!entry || entry->mode != mode))
    return report(STRESS_VIOLATION_LOCK, file, line, function, "a lock is left that is not held so");
  for (struct stress_held *last = &task->held[--task->held_count]; entry < last; entry++) entry[0] = entry[1];
  task->caller = __builtin_return_address(0);
  STRESS_TELL(task, unlock, lock, mode, __builtin_return_address(0));
}

bool stress_yield(struct stress_lock *lock, u32 mode, const char *file, u32 line, const char *function) {
  struct stress_task *task = stress_current();
  if (unlikely(task->rcu_depth))
    report(STRESS_VIOLATION_RCU, file, line, function, "cond_resched_rwlock_*() inside a read section");
  if (unlikely(stress_held_mode(lock) != mode))
    report(STRESS_VIOLATION_LOCK, file, line, function, "a lock is yielded that is not held so");
  if (unlikely(task->must_not_block))
    report(STRESS_VIOLATION_LOCK, file, line, function, "mmu_lock is yielded where the caller must not block");
  task->caller = __builtin_return_address(0);
  STRESS_TELL(task, yield_lock, lock, mode, task->seen_entry, __builtin_return_address(0));
  task->watches_walk = true;
  return true;
}

// RCU.

void stress_rcu_read_lock(void) {
  struct stress_task *task = stress_current();
  task->caller = __builtin_return_address(0);
  if (task->rcu_depth++ == 0) STRESS_TELL(task, rcu_read_lock);
}

void stress_rcu_read_unlock(const char *file, u32 line, const char *function) {
  struct stress_task *task = stress_current();
  if (unlikely(task->rcu_depth == 0))
    return report(STRESS_VIOLATION_RCU, file, line, function, "rcu_read_unlock() outside a read section");
  if (--task->rcu_depth == 0) STRESS_TELL(task, rcu_read_unlock);
}

_Static_assert(sizeof(struct rcu_head) == sizeof(struct stress_rcu_head), "the host links what the kernel allocates");

void call_rcu(struct rcu_head *head, void (*function)(struct rcu_head *head)) {
  stress_check(head, sizeof(*head), true);
  head->func = function;
  STRESS_TELL(stress_current(), call_rcu, (struct stress_rcu_head *)head, __builtin_return_address(0));
}

void rcu_barrier(void) {
  struct stress_task *task = stress_current();
  if (unlikely(task->rcu_depth)) STRESS_VIOLATION(STRESS_VIOLATION_RCU, "rcu_barrier() inside a read section");
  STRESS_TELL(task, rcu_barrier);
}

// Memory.

struct page *stress_checked_page(struct page *page, const char *file, u32 line, const char *function) {
  struct stress_task *task = stress_current();
  u64 offset = (u64)page - (u64)task->pages;
  if (likely(offset < task->arena_bytes / PAGE_SIZE * sizeof(struct page))) return page;
  report(STRESS_VIOLATION_MEMORY, file, line, function, "a pfn that is no page table is used as one");
  // The first page of the arena is the host's to leave unused.
  return task->pages;
}
