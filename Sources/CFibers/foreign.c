// Whose fault it is: the foreign code's where its own instruction faulted, where a function of a library did that it
// called (memset, for example), and where it has jumped into nowhere. The tool's own code, called back by the foreign
// code, is not: a fault there is the tool's, even if a bad argument led to it.
#define _GNU_SOURCE
#include "faults.h"

#include <link.h>

// The linker's names for the ends of the tool's own code.
extern const char __executable_start[], etext[];

static bool is_in(const struct fiber_foreign *code, uintptr_t address) {
  return address >= code->start && address < code->end;
}

// 0 if it cannot be read. Only right before the function that was called has a frame.
static uintptr_t return_address(const struct fiber_stacks *stacks, const ucontext_t *context) {
#if defined(__x86_64__)
  const uintptr_t top = fiber_interrupted_stack_pointer(context);
  const uintptr_t mapping = stacks != NULL ? (uintptr_t)stacks->mapping : 0;
  if (mapping == 0 || top % sizeof(top) != 0 || top < mapping || top - mapping > stacks->mapping_bytes - sizeof(top))
    return 0;
  // The guard pages below a stack cannot be read.
  const uintptr_t offset = (top - mapping) % stacks->stride;
  return offset < FIBER_GUARD_BYTES ? 0 : *(const uintptr_t *)top;
#elif defined(__aarch64__)
  return context->uc_mcontext.regs[30];
#endif
}

bool fiber_foreign_ran(const struct fiber_foreign *foreign, const struct fiber_stacks *stacks,
                       const ucontext_t *context, const siginfo_t *info, struct fiber_fault *fault) {
  if (foreign->start == foreign->end) return false;
  const uintptr_t instruction = fiber_interrupted_instruction(context);
  if (is_in(foreign, instruction)) {
    fault->instruction = instruction;
    fault->is_return_address = false;
    return true;
  }
  const uintptr_t caller = return_address(stacks, context);
  const bool is_called = is_in(foreign, caller);
  // The tool itself never jumps to where no code is.
  const bool is_astray = (info->si_signo == SIGSEGV || info->si_signo == SIGBUS) && info->si_code > 0 &&
                         (uintptr_t)info->si_addr == instruction;
  const bool is_tool = instruction >= (uintptr_t)__executable_start && instruction < (uintptr_t)etext;
  if (!is_astray && (is_tool || !is_called)) return false;
  fault->instruction = is_called ? caller : 0;
  fault->is_return_address = true;
  fault->is_jump = is_astray;
  return true;
}

struct search {
  uintptr_t address;
  struct fiber_foreign found;
};

static int look_at(struct dl_phdr_info *object, size_t bytes, void *argument) {
  (void)bytes;
  struct search *search = argument;
  struct fiber_foreign code = {0, 0};
  bool is_here = false;
  for (int index = 0; index < object->dlpi_phnum; index++) {
    const ElfW(Phdr) *part = &object->dlpi_phdr[index];
    const uintptr_t start = object->dlpi_addr + part->p_vaddr;
    if (part->p_type != PT_LOAD) continue;
    if (search->address >= start && search->address < start + part->p_memsz) is_here = true;
    if (!(part->p_flags & PF_X)) continue;
    if (code.start == code.end) code = (struct fiber_foreign){start, start};
    if (start < code.start) code.start = start;
    if (start + part->p_memsz > code.end) code.end = start + part->p_memsz;
  }
  if (is_here) search->found = code;
  return is_here;
}

struct fiber_foreign fiber_foreign_of(const void *address) {
  struct search search = {.address = (uintptr_t)address};
  dl_iterate_phdr(look_at, &search);
  return search.found;
}
