// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What linux/compiler.h, init.h, export.h and their like define.
#pragma once

#define __always_inline inline __attribute__((__always_inline__))
#define noinline __attribute__((__noinline__))
#define noinstr noinline
#define __noreturn __attribute__((__noreturn__))
#define __must_check __attribute__((__warn_unused_result__))
#define __maybe_unused __attribute__((__unused__))
#define __always_unused __attribute__((__unused__))
#define __used __attribute__((__used__))
#define __packed __attribute__((__packed__))
#define __compiletime_error(text) __attribute__((__error__(text)))
#define __compiletime_warning(text) __attribute__((__warning__(text)))
#define __no_sanitize_address
#define __malloc __attribute__((__malloc__))
#define __pure __attribute__((__pure__))
#define __attribute_const__ __attribute__((__const__))
#define __cold __attribute__((__cold__))
#define __weak __attribute__((__weak__))
#define __aligned(bytes) __attribute__((__aligned__(bytes)))
#define __printf(format, first) __attribute__((__format__(printf, format, first)))
#define __cleanup(function) __attribute__((__cleanup__(function)))
#define ____cacheline_aligned __aligned(64)
#define fallthrough __attribute__((__fallthrough__))
// Set once and read by everybody: a section of its own, so that plain reads of it are no schedule points.
#define __read_mostly __attribute__((__section__("stress_read_mostly")))
#define __ro_after_init __read_mostly
#define __init
#define __exit
#define __rcu
#define __user
#define __iomem
#define __percpu
#define __bitwise
#define __force
#define __private
#define __counted_by(member)
#define __acquires(lock)
#define __releases(lock)
#define __must_hold(lock)
#define __no_context_analysis
#define __no_kcsan __attribute__((__no_sanitize_thread__))
#define context_unsafe(statements...) statements
#define __context_unsafe(reason)
#define __guarded_by(locks...)
#define __rcu_guarded
#define __acquires_shared(lock)
#define __releases_shared(lock)
#define __must_hold_shared(lock)

#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)
#define barrier() __asm__ __volatile__("" ::: "memory")
#define unreachable() __builtin_unreachable()
#define OPTIMIZER_HIDE_VAR(variable) __asm__("" : "+r"(variable))

#define __stringify_1(text...) #text
#define __stringify(text...) __stringify_1(text)
#define __CONCAT_1(a, b) a##b
#define __CONCAT(a, b) __CONCAT_1(a, b)
#define CONCATENATE(a, b) __CONCAT_1(a, b)
#define __UNIQUE_ID(prefix) __CONCAT(__CONCAT(prefix, _), __COUNTER__)

#define static_assert(condition, ...) _Static_assert(condition, "" #condition)
#define BUILD_BUG_ON(condition) ((void)sizeof(char[1 - 2 * !!(condition)]))
#define BUILD_BUG_ON_MSG(condition, text) BUILD_BUG_ON(condition)
#define BUILD_BUG_ON_INVALID(expression) ((void)(sizeof((long)(expression))))
#define BUILD_BUG_ON_ZERO(condition) 0
#define BUILD_BUG() barrier()
#define __BUILD_BUG_ON_NOT_POWER_OF_2(number) BUILD_BUG_ON(((number) & ((number) - 1)) != 0)
#define BUILD_BUG_ON_NOT_POWER_OF_2(number) BUILD_BUG_ON((number) == 0 || ((number) & ((number) - 1)) != 0)

#define offsetof(type, member) __builtin_offsetof(type, member)
#define sizeof_field(type, member) sizeof(((type *)0)->member)
#define typeof_member(type, member) typeof(((type *)0)->member)
#define container_of(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))
#define __same_type(a, b) __builtin_types_compatible_p(typeof(a), typeof(b))
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define DECLARE_FLEX_ARRAY(type, name) \
  struct { \
    struct {} __empty_##name; \
    type name[]; \
  }

#define EXPORT_SYMBOL(name)
#define EXPORT_SYMBOL_GPL(name)
#define EXPORT_SYMBOL_FOR_KVM(name)
#define EXPORT_SYMBOL_FOR_KVM_INTERNAL(name)
#define EXPORT_SYMBOL_FOR_MODULES(name, modules)
#define module_param_named(name, value, type, permissions)
#define module_param(name, type, permissions)
