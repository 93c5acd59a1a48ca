// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Bits, sizes and small arithmetic: linux/bits.h, minmax.h, const.h, asm/page.h, errno.h.
#pragma once

#define BITS_PER_LONG 64
#define BITS_PER_BYTE 8
#define _AC_1(value, suffix) (value##suffix)
#define _AC(value, suffix) _AC_1(value, suffix)
#define _AT(type, value) ((type)(value))
#define _UL(value) _AC(value, UL)
#define _ULL(value) _AC(value, ULL)
#define UL(value) _UL(value)
#define ULL(value) _ULL(value)
#define _BITUL(bit) (_UL(1) << (bit))
#define _BITULL(bit) (_ULL(1) << (bit))
#define BIT(bit) (1UL << (bit))
#define BIT_ULL(bit) (1ULL << (bit))
#define GENMASK(high, low) (((~0UL) << (low)) & (~0UL >> (63 - (high))))
#define GENMASK_ULL(high, low) (((~0ULL) << (low)) & (~0ULL >> (63 - (high))))
#define BITS_TO_LONGS(bits) (((bits) + 63) / 64)
#define DECLARE_BITMAP(name, bits) unsigned long name[BITS_TO_LONGS(bits)]
#define REPEAT_BYTE(byte) ((~0ul / 0xff) * (byte))

#define min(a, b) ({ typeof(a) min_a = (a); typeof(b) min_b = (b); min_a < min_b ? min_a : min_b; })
#define max(a, b) ({ typeof(a) max_a = (a); typeof(b) max_b = (b); max_a > max_b ? max_a : max_b; })
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))
#define clamp(value, low, high) min(max(value, low), high)
#define DIV_ROUND_UP(number, divisor) (((number) + (divisor)-1) / (divisor))
#define ALIGN(value, to) (((value) + (to)-1) & ~((typeof(value))(to)-1))
#define IS_ALIGNED(value, to) (((value) & ((typeof(value))(to)-1)) == 0)
#define swap(a, b) do { typeof(a) swapped = (a); (a) = (b); (b) = swapped; } while (0)

static inline unsigned long __ffs(unsigned long word) { return __builtin_ctzl(word); }
static inline unsigned long __fls(unsigned long word) { return 63 - __builtin_clzl(word); }

#define PAGE_SHIFT 12
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define PAGE_ALIGNED(address) IS_ALIGNED((unsigned long)(address), PAGE_SIZE)
#define PFN_PHYS(pfn) ((phys_addr_t)(pfn) << PAGE_SHIFT)
#define PHYS_PFN(address) ((unsigned long)((address) >> PAGE_SHIFT))
#define PTRS_PER_PTE 512

enum {
  ENOENT = 2, EINTR = 4, EIO = 5, E2BIG = 7, EAGAIN = 11, ENOMEM = 12, EFAULT = 14, EBUSY = 16, EEXIST = 17,
  ENODEV = 19, EINVAL = 22, EPERM = 1, EACCES = 13, EOPNOTSUPP = 95,
};

#define GFP_KERNEL 1u
#define GFP_ATOMIC 2u
#define __GFP_ZERO 4u
#define __GFP_ACCOUNT 8u
#define GFP_KERNEL_ACCOUNT (GFP_KERNEL | __GFP_ACCOUNT)
