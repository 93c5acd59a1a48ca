// Fibers: a context switch of a few instructions, and stacks with a guard page below each.
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

// Stack overflow. While the calling thread has a handler registered, a fault in a guard page of `stacks` does not end
// the process: the thread stores the index of the fiber whose stack overflowed in `*overflowed` and switches to
// `*resume`, the stack pointer that fiber_switch() saved for the context to continue in. Any other fault is the
// process's as before, one in the guard pages of a fiber other than the running one included. Registration is per
// thread, replaces the thread's earlier one, and installs the process's SIGSEGV handler when first called. Returns
// false, with errno set, if the handler or its stack cannot be had.
bool fiber_overflow_register(const struct fiber_stacks *stacks, int32_t *overflowed, void **resume);
void fiber_overflow_unregister(void);
