// Fibers: a context switch of a few instructions, stacks with a guard page below each, and a way out of one that
// faults.
//
// A fiber runs on the thread that switched to it and is abandoned by never switching to it again: nothing on its stack
// is unwound.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Prepares a context on an empty stack. `entry(argument)` runs at the first switch to it and must not return.
// Returns the stack pointer to switch to.
void *fiber_prepare(void *stack_top, void (*entry)(void *), void *argument);

// Saves the callee-saved registers on the running stack, stores its stack pointer in `*from` and resumes `to`.
void fiber_switch(void **from, void *to);

// The same, and `to` finds nothing of this context's in any register: what it leaves on its stack depends on itself.
void fiber_switch_clear(void **from, void *to);

// `count` stacks of `bytes` bytes each (rounded up to pages) in one mapping, inaccessible pages below each. Memory is
// taken when it is first touched.
struct fiber_stacks {
  void *mapping;
  size_t mapping_bytes;
  size_t stride;
  uint32_t count;
};

// Returns false, with errno set, if the address space cannot be had.
bool fiber_stacks_create(struct fiber_stacks *stacks, uint32_t count, size_t bytes);
void fiber_stacks_destroy(struct fiber_stacks *stacks);
// NULL if there is no stack of that index.
void *fiber_stack_top(const struct fiber_stacks *stacks, uint32_t index);

// Faults. A fiber that uses up its stack, or that runs foreign code which faults or loops, can be left for the context
// that started it. Any other fault is the process's as before: one of the tool's own code, and one in the guard pages
// of a fiber other than the running one.

// The machine code of a loaded object that is not the tool's; empty for none.
struct fiber_foreign {
  uintptr_t start, end;
};

// The executable part of the loaded object that holds `address`; empty if there is none.
struct fiber_foreign fiber_foreign_of(const void *address);

enum fiber_fault_kind { FIBER_NO_FAULT, FIBER_STACK_OVERFLOW, FIBER_SIGNAL, FIBER_HANG };

// Why a fiber was left.
struct fiber_fault {
  uint32_t kind;
  // For an overflow: the index of the stack.
  uint32_t stack;
  // What the processor's exception became.
  int32_t signal;
  // Whether `address` is what was accessed: the processor does not say so of every fault.
  bool has_address;
  uintptr_t address;
  // Where the foreign code stood: its own instruction, or the one to which what it called would have returned. 0 if
  // that is not known.
  uintptr_t instruction;
  bool is_return_address;
  // `address` is where it jumped to, and no code is there.
  bool is_jump;
};

// The way out of a thread's fibers while they run.
struct fiber_exit {
  const struct fiber_stacks *stacks;
  // The stack pointer that fiber_switch() saved for the context to continue in.
  void **resume;
  // Written before that context goes on. Its kind is FIBER_NO_FAULT at first.
  struct fiber_fault *fault;
  struct fiber_foreign foreign;
  // Words of which one changes with every step of the fibers: foreign code that uses up the processor for `hang_limit`
  // nanoseconds while none does is left. 0 for no limit.
  const int64_t *const *progress;
  uint32_t progress_count;
  uint64_t hang_limit;
};

// Gives the calling thread a stack to handle faults on, and when first called installs the process's handlers. Returns
// false, with errno set, if one of them cannot be had. May be called again.
bool fiber_faults_register(void);
void fiber_faults_unregister(void);

// From here to fiber_exit_leave() the calling thread's faults lead to `exit`. Returns what they led to before.
const struct fiber_exit *fiber_exit_enter(const struct fiber_exit *exit);
void fiber_exit_leave(const struct fiber_exit *previous);

// A fault of this foreign code that nothing catches is noted in `note` before it ends the process: for code on threads,
// which have no fiber to leave. One a process; `note` outlives all.
void fiber_faults_note(struct fiber_foreign foreign, struct fiber_fault *note);
