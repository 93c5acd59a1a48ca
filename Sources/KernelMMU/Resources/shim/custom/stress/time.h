// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Time that passes when it is asked for: each look is a jiffy later than the one before, in every schedule alike. A
// loop that waits for a time therefore ends, and no decision depends on the machine.
#pragma once

u64 stress_ticks(void);

#define HZ 1000
#define jiffies ((unsigned long)stress_ticks())
#define get_jiffies_64() stress_ticks()
#define time_after(a, b) ((long)((b) - (a)) < 0)
#define time_before(a, b) time_after(b, a)
#define time_after_eq(a, b) ((long)((a) - (b)) >= 0)
#define time_before_eq(a, b) time_after_eq(b, a)
#define time_in_range(a, from, to) (time_after_eq(a, from) && time_before_eq(a, to))
#define time_is_before_jiffies(a) time_after(jiffies, a)
#define time_is_after_jiffies(a) time_before(jiffies, a)
#define msecs_to_jiffies(value) ((unsigned long)(value))
#define jiffies_to_msecs(value) ((unsigned)(value))
#define usecs_to_jiffies(value) DIV_ROUND_UP((unsigned long)(value), 1000)
#define secs_to_jiffies(value) ((unsigned long)(value) * HZ)

#define NSEC_PER_SEC 1000000000L
#define NSEC_PER_MSEC 1000000L
#define NSEC_PER_USEC 1000L
#define USEC_PER_MSEC 1000L
#define USEC_PER_SEC 1000000L
#define MSEC_PER_SEC 1000L
typedef s64 ktime_t;
#define ktime_get() ((ktime_t)stress_ticks() * NSEC_PER_MSEC)
#define ktime_get_ns() ((u64)ktime_get())
#define ktime_get_boottime() ktime_get()
#define ktime_get_real_ns() ktime_get_ns()
#define ktime_get_mono_fast_ns() ktime_get_ns()
#define local_clock() ktime_get_ns()
#define sched_clock() ktime_get_ns()
#define get_cycles() ktime_get_ns()
#define rdtsc() ktime_get_ns()
#define rdtsc_ordered() ktime_get_ns()
#define ktime_set(seconds, nanoseconds) ((ktime_t)(seconds) * NSEC_PER_SEC + (nanoseconds))
#define ktime_add(a, b) ((ktime_t)((a) + (b)))
#define ktime_sub(a, b) ((ktime_t)((a) - (b)))
#define ktime_add_ns(a, b) ktime_add(a, b)
#define ktime_add_us(a, b) ktime_add(a, (b) * NSEC_PER_USEC)
#define ktime_add_ms(a, b) ktime_add(a, (b) * NSEC_PER_MSEC)
#define ktime_to_ns(a) ((s64)(a))
#define ktime_to_us(a) ((s64)(a) / NSEC_PER_USEC)
#define ktime_to_ms(a) ((s64)(a) / NSEC_PER_MSEC)
#define ns_to_ktime(a) ((ktime_t)(a))
#define ms_to_ktime(a) ((ktime_t)(a) * NSEC_PER_MSEC)
#define ktime_us_delta(a, b) ktime_to_us(ktime_sub(a, b))
#define ktime_ms_delta(a, b) ktime_to_ms(ktime_sub(a, b))
#define ktime_after(a, b) ((a) > (b))
#define ktime_before(a, b) ((a) < (b))
#define ktime_compare(a, b) ((a) < (b) ? -1 : (a) > (b))
