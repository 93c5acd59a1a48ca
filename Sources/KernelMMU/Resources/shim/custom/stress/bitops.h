// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Bits of words in memory, and bitmaps. Those that are atomic in the kernel are schedule points; the others are plain.
#pragma once

static __always_inline unsigned long stress_bit_rmw(u32 how, unsigned long bit, volatile unsigned long *words) {
  volatile unsigned long *word = words + bit / 64;
  unsigned long mask = 1UL << bit % 64;
  stress_pass(stress_current(), STRESS_POINT_RMW, word);
  unsigned long old = how == 0   ? __atomic_fetch_and(word, ~mask, __ATOMIC_SEQ_CST)
                      : how == 1 ? __atomic_fetch_or(word, mask, __ATOMIC_SEQ_CST)
                                 : __atomic_fetch_xor(word, mask, __ATOMIC_SEQ_CST);
  return old & mask;
}
#define STRESS_BITS(words) ((volatile unsigned long *)(words))
#define clear_bit(bit, words) ((void)stress_bit_rmw(0, bit, STRESS_BITS(words)))
#define set_bit(bit, words) ((void)stress_bit_rmw(1, bit, STRESS_BITS(words)))
#define change_bit(bit, words) ((void)stress_bit_rmw(2, bit, STRESS_BITS(words)))
#define test_and_clear_bit(bit, words) (stress_bit_rmw(0, bit, STRESS_BITS(words)) != 0)
#define test_and_set_bit(bit, words) (stress_bit_rmw(1, bit, STRESS_BITS(words)) != 0)
#define test_and_change_bit(bit, words) (stress_bit_rmw(2, bit, STRESS_BITS(words)) != 0)
#define test_and_set_bit_lock(bit, words) test_and_set_bit(bit, words)
#define clear_bit_unlock(bit, words) clear_bit(bit, words)
#define assign_bit(bit, words, value) ((value) ? set_bit(bit, words) : clear_bit(bit, words))
static __always_inline bool stress_test_bit(unsigned long bit, const volatile unsigned long *words) {
  stress_pass(stress_current(), STRESS_POINT_LOAD, words + bit / 64);
  return __atomic_load_n(words + bit / 64, __ATOMIC_ACQUIRE) >> bit % 64 & 1;
}
#define test_bit(bit, words) stress_test_bit(bit, (const volatile unsigned long *)(words))
#define test_bit_acquire(bit, words) test_bit(bit, words)
#define smp_mb__before_atomic() barrier()
#define smp_mb__after_atomic() barrier()
#define smp_mb__after_spinlock() barrier()

#define STRESS_PLAIN_BIT(bit, words) (((unsigned long *)(words))[(bit) / 64])
#define __set_bit(bit, words) (STRESS_PLAIN_BIT(bit, words) |= 1UL << (bit) % 64)
#define __clear_bit(bit, words) (STRESS_PLAIN_BIT(bit, words) &= ~(1UL << (bit) % 64))
#define __assign_bit(bit, words, value) ((value) ? (void)__set_bit(bit, words) : (void)__clear_bit(bit, words))
#define __test_and_set_bit(bit, words) \
  ({ bool stress_was = STRESS_PLAIN_BIT(bit, words) >> (bit) % 64 & 1; __set_bit(bit, words); stress_was; })
#define __test_and_clear_bit(bit, words) \
  ({ bool stress_was = STRESS_PLAIN_BIT(bit, words) >> (bit) % 64 & 1; __clear_bit(bit, words); stress_was; })

static inline int ffs(int word) { return __builtin_ffs(word); }
static inline int fls(unsigned word) { return word ? 32 - __builtin_clz(word) : 0; }
static inline int fls64(u64 word) { return word ? 64 - __builtin_clzll(word) : 0; }
static inline int fls_long(unsigned long word) { return fls64(word); }
#define ffz(word) __ffs(~(word))
#define __ffs64(word) __ffs(word)
#define hweight8(word) ((unsigned)__builtin_popcount((u8)(word)))
#define hweight16(word) ((unsigned)__builtin_popcount((u16)(word)))
#define hweight32(word) ((unsigned)__builtin_popcount((u32)(word)))
#define hweight64(word) ((unsigned long)__builtin_popcountll(word))
#define hweight_long(word) hweight64(word)
#define rol32(word, by) ((u32)((u32)(word) << ((by) & 31) | (u32)(word) >> (-(by) & 31)))
#define rol64(word, by) ((u64)((u64)(word) << ((by) & 63) | (u64)(word) >> (-(by) & 63)))
#define sign_extend64(value, top) ((s64)((u64)(value) << (63 - (top))) >> (63 - (top)))

static inline unsigned long stress_find(
    const unsigned long *words, unsigned long end, unsigned long from, unsigned long flip) {
  for (unsigned long bit = from; bit < end; bit++)
    if ((words[bit / 64] ^ flip) >> bit % 64 & 1) return bit;
  return end;
}
#define find_first_bit(words, end) stress_find(words, end, 0, 0)
#define find_next_bit(words, end, from) stress_find(words, end, from, 0)
#define find_first_zero_bit(words, end) stress_find(words, end, 0, ~0UL)
#define find_next_zero_bit(words, end, from) stress_find(words, end, from, ~0UL)
static inline unsigned long find_last_bit(const unsigned long *words, unsigned long end) {
  for (unsigned long bit = end; bit-- > 0;)
    if (words[bit / 64] >> bit % 64 & 1) return bit;
  return end;
}
#define for_each_set_bit(bit, words, end) \
  for ((bit) = find_first_bit(words, end); (bit) < (end); (bit) = find_next_bit(words, end, (bit) + 1))
#define for_each_set_bit_from(bit, words, end) \
  for ((bit) = find_next_bit(words, end, bit); (bit) < (end); (bit) = find_next_bit(words, end, (bit) + 1))
#define for_each_clear_bit(bit, words, end) \
  for ((bit) = find_first_zero_bit(words, end); (bit) < (end); (bit) = find_next_zero_bit(words, end, (bit) + 1))

#define bitmap_size(bits) (BITS_TO_LONGS(bits) * sizeof(long))
#define bitmap_zero(words, bits) ((void)memset(words, 0, bitmap_size(bits)))
#define bitmap_fill(words, bits) ((void)memset(words, 0xff, bitmap_size(bits)))
#define bitmap_copy(to, from, bits) ((void)memcpy(to, from, bitmap_size(bits)))
#define bitmap_empty(words, bits) (find_first_bit(words, bits) == (bits))
#define bitmap_full(words, bits) (find_first_zero_bit(words, bits) == (bits))
static inline unsigned bitmap_weight(const unsigned long *words, unsigned bits) {
  unsigned count = 0;
  for (unsigned bit = 0; bit < bits; bit++) count += words[bit / 64] >> bit % 64 & 1;
  return count;
}
static inline void bitmap_set(unsigned long *words, unsigned from, unsigned count) {
  for (unsigned bit = from; bit < from + count; bit++) __set_bit(bit, words);
}
static inline void bitmap_clear(unsigned long *words, unsigned from, unsigned count) {
  for (unsigned bit = from; bit < from + count; bit++) __clear_bit(bit, words);
}
static inline bool bitmap_and(unsigned long *to, const unsigned long *a, const unsigned long *b, unsigned bits) {
  unsigned long any = 0;
  for (unsigned word = 0; word < BITS_TO_LONGS(bits); word++) any |= to[word] = a[word] & b[word];
  return any;
}
static inline void bitmap_or(unsigned long *to, const unsigned long *a, const unsigned long *b, unsigned bits) {
  for (unsigned word = 0; word < BITS_TO_LONGS(bits); word++) to[word] = a[word] | b[word];
}
static inline void bitmap_andnot(unsigned long *to, const unsigned long *a, const unsigned long *b, unsigned bits) {
  for (unsigned word = 0; word < BITS_TO_LONGS(bits); word++) to[word] = a[word] & ~b[word];
}
#define bitmap_zalloc(bits, flags) ((unsigned long *)kzalloc(bitmap_size(bits), flags))
#define bitmap_alloc(bits, flags) bitmap_zalloc(bits, flags)
#define bitmap_free(words) stress_free(words)
