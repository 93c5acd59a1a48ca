// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the kernel tells KCSAN. It means something where each access has a hook, and to RACE-1 alone; elsewhere nothing
// is looked for that it would be about.
#pragma once

#if STRESS_HAS_HOOKS
void stress_begin_meant_races(void);
void stress_end_meant_races(void);
void stress_assert_exclusive(const volatile void *address, u32 kind);

// The calls are opaque to the compiler, so that no access of the expression leaves the section.
#define data_race(expression) \
  ({ \
    stress_begin_meant_races(); \
    __auto_type data_race_value = ({ expression; }); \
    stress_end_meant_races(); \
    data_race_value; \
  })
// A plain access that is not made races with just what the assertion forbids.
#define ASSERT_EXCLUSIVE_WRITER(variable) \
  stress_assert_exclusive(&(variable), STRESS_POINT_PLAIN_LOAD | (u32)sizeof(variable) << 8)
#define ASSERT_EXCLUSIVE_ACCESS(variable) \
  stress_assert_exclusive(&(variable), STRESS_POINT_PLAIN_STORE | (u32)sizeof(variable) << 8)
#else
#define data_race(expression) (expression)
#define ASSERT_EXCLUSIVE_WRITER(variable) do {} while (0)
#define ASSERT_EXCLUSIVE_ACCESS(variable) do {} while (0)
#endif
