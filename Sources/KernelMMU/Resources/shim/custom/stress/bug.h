// SPDX-License-Identifier: MIT OR GPL-2.0-only
// WARN, BUG and printk. Each goes to the host, with the user's own file and line; `once` means every time here, because
// every schedule is a new boot.
#pragma once

void stress_violation(u32 kind, const char *file, u32 line, const char *function, const char *format, ...)
    __printf(5, 6);
__noreturn void stress_bug(const char *file, u32 line, const char *function, const char *text);
void stress_print(const char *format, ...) __printf(1, 2);

#define STRESS_VIOLATION(kind, format...) stress_violation(kind, __FILE__, __LINE__, __func__, ##format)

#define WARN_ON(condition) \
  ({ \
    bool warn_condition = !!(condition); \
    if (unlikely(warn_condition)) STRESS_VIOLATION(STRESS_VIOLATION_WARN, "%s", "WARN_ON(" #condition ")"); \
    unlikely(warn_condition); \
  })
#define WARN_ON_ONCE(condition) WARN_ON(condition)
#define WARN(condition, format...) \
  ({ \
    bool warn_condition = !!(condition); \
    if (unlikely(warn_condition)) STRESS_VIOLATION(STRESS_VIOLATION_WARN, ##format); \
    unlikely(warn_condition); \
  })
#define WARN_ONCE(condition, format...) WARN(condition, ##format)
#define WARN_RATELIMIT(condition, format...) WARN(condition, ##format)
#define WARN_ON_FUNCTION_MISMATCH(a, b) ((void)0)
#define VM_WARN_ON(condition) ((void)WARN_ON(condition))
#define VM_WARN_ON_ONCE(condition) WARN_ON(condition)
#define WARN_TAINT(condition, taint, format...) WARN(condition, ##format)
#define WARN_TAINT_ONCE(condition, taint, format...) WARN(condition, ##format)
#define BUG() stress_bug(__FILE__, __LINE__, __func__, "BUG()")
#define BUG_ON(condition) \
  do { \
    if (unlikely(condition)) stress_bug(__FILE__, __LINE__, __func__, "BUG_ON(" #condition ")"); \
  } while (0)
#define VM_BUG_ON(condition) BUG_ON(condition)

#define STRESS_PRINT(format, arguments...) stress_print(format, ##arguments)
#define printk(format, arguments...) STRESS_PRINT(format, ##arguments)
#define printk_once(format, arguments...) STRESS_PRINT(format, ##arguments)
#define printk_ratelimited(format, arguments...) STRESS_PRINT(format, ##arguments)
#define KERN_ERR ""
#define KERN_WARNING ""
#define KERN_NOTICE ""
#define KERN_INFO ""
#define KERN_DEBUG ""
#define KERN_CONT ""
// What is off in a kernel too: the arguments are looked at by the compiler alone.
#define STRESS_SILENT(format, arguments...) do { if (0) stress_print(format, ##arguments); } while (0)
#define pr_emerg(format, arguments...) STRESS_PRINT(format, ##arguments)
#define pr_alert(format, arguments...) STRESS_PRINT(format, ##arguments)
#define pr_crit(format, arguments...) STRESS_PRINT(format, ##arguments)
#define pr_err(format, arguments...) STRESS_PRINT(format, ##arguments)
#define pr_err_once(format, arguments...) STRESS_PRINT(format, ##arguments)
#define pr_err_ratelimited(format, arguments...) STRESS_PRINT(format, ##arguments)
#define pr_warn(format, arguments...) STRESS_PRINT(format, ##arguments)
#define pr_warn_once(format, arguments...) STRESS_PRINT(format, ##arguments)
#define pr_warn_ratelimited(format, arguments...) STRESS_PRINT(format, ##arguments)
#define pr_notice(format, arguments...) STRESS_PRINT(format, ##arguments)
#define pr_notice_once(format, arguments...) STRESS_PRINT(format, ##arguments)
#define pr_notice_ratelimited(format, arguments...) STRESS_PRINT(format, ##arguments)
#define pr_info(format, arguments...) STRESS_PRINT(format, ##arguments)
#define pr_info_once(format, arguments...) STRESS_PRINT(format, ##arguments)
#define pr_info_ratelimited(format, arguments...) STRESS_PRINT(format, ##arguments)
#define pr_cont(format, arguments...) STRESS_PRINT(format, ##arguments)
#define pr_debug(format, arguments...) STRESS_SILENT(format, ##arguments)
#define pr_debug_once(format, arguments...) STRESS_SILENT(format, ##arguments)
#define pr_debug_ratelimited(format, arguments...) STRESS_SILENT(format, ##arguments)
#define pr_devel(format, arguments...) STRESS_SILENT(format, ##arguments)
#define pr_devel_once(format, arguments...) STRESS_SILENT(format, ##arguments)
#define no_printk(format, arguments...) STRESS_SILENT(format, ##arguments)
#define trace_printk(format, arguments...) STRESS_SILENT(format, ##arguments)
#define dump_stack() do {} while (0)
