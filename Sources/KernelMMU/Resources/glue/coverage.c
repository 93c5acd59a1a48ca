// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the compilers' --coverage calls at home in libgcov or compiler-rt: here it only says where the counters of the
// kernel's functions are, which the host reads. No file is written.
//
// The counters are no variables of the kernel's: the linker puts them behind all others, and no snapshot has them.
#include "glue.h"

#ifdef STRESS_COVERAGE

enum { MOST_FUNCTIONS = 8192 };

static struct stress_counters functions[MOST_FUNCTIONS] __attribute__((section(".bss.stress_counters")));
static u64 count;

const struct stress_counters *stress_counted_functions(void) { return functions; }
u64 stress_counted_functions_count(void) { return count; }

static void add(const char *unit, u32 ident, u32 place, u32 flow, u64 counters, u64 *values) {
  if (count == MOST_FUNCTIONS) return;
  functions[count++] = (struct stress_counters){
      .unit = unit, .ident = ident, .place_checksum = place, .flow_checksum = flow, .count = counters,
      .values = values,
  };
}

// gcc: each file hands over a table. Of what follows the file's name only the beginning is the same in all versions: a
// function to merge with for each kind of counter, NULL for those that there are none of, and then the functions.

struct gcov_function {
  const void *file;
  u32 ident;
  u32 place_checksum;
  u32 flow_checksum;
  struct {
    u32 count;
    u64 *values;
  } arcs;
};
enum { GCOV_NAME = 3, GCOV_MERGE = 4, GCOV_KINDS_MAX = 16 };

void __gcov_init(const u64 *file) {
  u32 word = GCOV_MERGE + 1;
  while (word < GCOV_MERGE + GCOV_KINDS_MAX && !file[word]) word++;
  u32 functions_count = (u32)file[word];
  const struct gcov_function *const *list = (const void *)file[word + 1];
  for (u32 index = 0; index < functions_count; index++) {
    const struct gcov_function *function = list[index];
    if (!function || function->file != file) continue;
    add((const char *)file[GCOV_NAME], function->ident, function->place_checksum, function->flow_checksum,
        function->arcs.count, function->arcs.values);
  }
}
void __gcov_exit(void) {}
void __gcov_merge_add(void) {}

// clang: each file hands over a function that tells of all.

static const char *unit;
static u32 ident, place_checksum, flow_checksum;

void llvm_gcov_init(void (*tell)(void), void (*reset)(void)) { tell(); }
void llvm_gcda_start_file(const char *name, u32 version, u32 stamp) { unit = name; }
void llvm_gcda_emit_function(u32 number, u32 place, u32 flow) {
  ident = number;
  place_checksum = place;
  flow_checksum = flow;
}
void llvm_gcda_emit_arcs(u32 counters, u64 *values) {
  add(unit, ident, place_checksum, flow_checksum, counters, values);
}
void llvm_gcda_summary_info(void) {}
void llvm_gcda_end_file(void) {}
// See stress.h.
int __gcov_fork(void) { return -1; }

#endif
