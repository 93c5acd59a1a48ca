// A run: eight neighbouring words that begin a cache line. Most of a table is empty, and who looks at all of it asks
// for the words that are not.
//
// Written with vectors because compilers take the plain loop apart into eight compares and branches. A vector load
// reads each aligned word in one piece, so other threads may change entries meanwhile.
#pragma once

#include "raw.h"

#include <string.h>

#if defined(__SSE2__) && !CATOMICS_BUILTINS
#define RUN_VECTORS 1
#include <emmintrin.h>
#endif

enum { RUN_LENGTH = 8 };

// Bit n is set if `run[n]` is not `value`.
static inline uint32_t run_unlike64(const uint64_t *run, uint64_t value) {
#if RUN_VECTORS
  const __m128i *pairs = (const __m128i *)run;
  __m128i wanted = _mm_set1_epi64x((long long)value);
  // By halves of words, which the oldest x86-64 can compare: a word is like `value` if both its halves are.
  __m128i a = _mm_cmpeq_epi32(pairs[0], wanted), b = _mm_cmpeq_epi32(pairs[1], wanted);
  __m128i c = _mm_cmpeq_epi32(pairs[2], wanted), d = _mm_cmpeq_epi32(pairs[3], wanted);
  __m128i alike = _mm_and_si128(_mm_and_si128(a, b), _mm_and_si128(c, d));
  if (__builtin_expect(_mm_movemask_epi8(alike) == 0xffff, 1)) return 0;
  // Two bits a word are left, and made one, and then brought together.
  uint32_t halves = ~(uint32_t)_mm_movemask_epi8(_mm_packs_epi16(_mm_packs_epi32(a, b), _mm_packs_epi32(c, d)));
  uint32_t unlike = (halves | halves >> 1) & 0x5555;
  unlike = (unlike | unlike >> 1) & 0x3333;
  unlike = (unlike | unlike >> 2) & 0x0f0f;
  return (unlike | unlike >> 4) & 0xff;
#else
  uint32_t unlike = 0;
  for (int index = 0; index < RUN_LENGTH; index++)
    if (raw_load64(run + index) != value) unlike |= 1u << index;
  return unlike;
#endif
}

// Whether two runs differ. No other thread changes either, and neither needs to begin a line.
static inline bool run_differs64(const uint64_t *left, const uint64_t *right) {
#if RUN_VECTORS
  const __m128i *a = (const __m128i *)left, *b = (const __m128i *)right;
  __m128i alike = _mm_cmpeq_epi32(_mm_loadu_si128(a), _mm_loadu_si128(b));
  for (int index = 1; index < RUN_LENGTH / 2; index++)
    alike = _mm_and_si128(alike, _mm_cmpeq_epi32(_mm_loadu_si128(a + index), _mm_loadu_si128(b + index)));
  return _mm_movemask_epi8(alike) != 0xffff;
#else
  return memcmp(left, right, RUN_LENGTH * sizeof(*left)) != 0;
#endif
}

// Bit n is set if `run[n]` is not 0.
static inline uint32_t run_nonzero32(const uint32_t *run) {
#if RUN_VECTORS
  const __m128i *fours = (const __m128i *)run;
  __m128i zero = _mm_setzero_si128();
  __m128i zeros = _mm_packs_epi32(_mm_cmpeq_epi32(fours[0], zero), _mm_cmpeq_epi32(fours[1], zero));
  return ~(uint32_t)_mm_movemask_epi8(_mm_packs_epi16(zeros, zeros)) & 0xff;
#else
  uint32_t nonzero = 0;
  for (int index = 0; index < RUN_LENGTH; index++)
    if (raw_load32(run + index) != 0) nonzero |= 1u << index;
  return nonzero;
#endif
}
