// What the assembly of switch.S and the C of this target know of each other.
#pragma once

#include "CFibers.h"

// In switch.S. Neither follows the calling convention: fiber_entry is where an empty stack begins, fiber_resume
// continues the context whose saved stack pointer is in the stack pointer register.
__attribute__((visibility("hidden"))) void fiber_entry(void);
__attribute__((visibility("hidden"))) void fiber_resume(void);

// A frame larger than the guard could step over it: the compilers in use do not probe large frames. Guards are address
// space only, so they are made as wide as any frame in this process is thought to be.
enum { FIBER_GUARD_BYTES = 64 << 10 };

// The stacks are going away: the calling thread's exit, if it is for them, must not look at them.
__attribute__((visibility("hidden"))) void fiber_exit_forget(const struct fiber_stacks *stacks);

// Finds the fiber in whose guard pages `address` lies while `stack_pointer` is that fiber's own.
__attribute__((visibility("hidden"))) bool fiber_stacks_overflowed(const struct fiber_stacks *stacks, uintptr_t address,
                                                                   uintptr_t stack_pointer, uint32_t *index);
