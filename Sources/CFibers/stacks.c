// Stacks, the guards below them, and the frame from which a fiber starts.
#define _GNU_SOURCE
#include "context.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// Stacks a whole number of pages apart would put all fibers' topmost frames in the same few sets of the first-level
// cache. Their tops are therefore staggered over one page; each stack has a page more to make up for it.
enum { STAGGER_BYTES = 4096, STAGGER_LINE = 64, STAGGER_LINES = 5 };

#if defined(__x86_64__)
enum { CONTEXT_WORDS = 7, CONTEXT_ARGUMENT = 3, CONTEXT_FUNCTION = 4, CONTEXT_PC = 6 };
#elif defined(__aarch64__)
enum { CONTEXT_WORDS = 20, CONTEXT_ARGUMENT = 1, CONTEXT_FUNCTION = 0, CONTEXT_PC = 11 };
#endif

void *fiber_prepare(void *stack_top, void (*entry)(void *), void *argument) {
  char *top = (char *)stack_top - (uintptr_t)stack_top % 16;
  uintptr_t *context = (uintptr_t *)top - CONTEXT_WORDS;
  // A zero frame pointer ends backtraces that follow frame pointers.
  memset(context, 0, CONTEXT_WORDS * sizeof(*context));
  context[CONTEXT_FUNCTION] = (uintptr_t)entry;
  context[CONTEXT_ARGUMENT] = (uintptr_t)argument;
  context[CONTEXT_PC] = (uintptr_t)fiber_entry;
  return context;
}

bool fiber_stacks_create(struct fiber_stacks *stacks, uint32_t count, size_t bytes) {
  memset(stacks, 0, sizeof(*stacks));
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  size_t stride, mapping_bytes;
  if (count == 0 || bytes == 0) {
    errno = EINVAL;
    return false;
  }
  if (__builtin_add_overflow(bytes, FIBER_GUARD_BYTES + STAGGER_BYTES + page - 1, &stride) ||
      __builtin_mul_overflow(stride -= stride % page, (size_t)count, &mapping_bytes)) {
    errno = ENOMEM;
    return false;
  }
  char *mapping = mmap(NULL, mapping_bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (mapping == MAP_FAILED) return false;
  for (uint32_t index = 0; index < count; index++) {
    if (mprotect(mapping + index * stride, FIBER_GUARD_BYTES, PROT_NONE) == 0) continue;
    const int error = errno;
    munmap(mapping, mapping_bytes);
    errno = error;
    return false;
  }
  *stacks = (struct fiber_stacks){mapping, mapping_bytes, stride, count};
  return true;
}

void fiber_stacks_destroy(struct fiber_stacks *stacks) {
  fiber_exit_forget(stacks);
  if (stacks->mapping != NULL) munmap(stacks->mapping, stacks->mapping_bytes);
  memset(stacks, 0, sizeof(*stacks));
}

void *fiber_stack_top(const struct fiber_stacks *stacks, uint32_t index) {
  if (index >= stacks->count) return NULL;
  const size_t stagger = (size_t)index * STAGGER_LINES * STAGGER_LINE % STAGGER_BYTES;
  return (char *)stacks->mapping + (index + (size_t)1) * stacks->stride - stagger;
}

bool fiber_stacks_overflowed(const struct fiber_stacks *stacks, uintptr_t address, uintptr_t stack_pointer,
                             uint32_t *index) {
  const uintptr_t mapping = (uintptr_t)stacks->mapping;
  if (address < mapping || address - mapping >= stacks->mapping_bytes) return false;
  const uintptr_t slot = (address - mapping) / stacks->stride;
  const uintptr_t guard = mapping + slot * stacks->stride;
  // A stray pointer can lead another fiber, or the thread itself, into this guard: that is no overflow.
  if (address - guard >= FIBER_GUARD_BYTES) return false;
  if (stack_pointer < guard || stack_pointer > guard + stacks->stride) return false;
  *index = (uint32_t)slot;
  return true;
}
