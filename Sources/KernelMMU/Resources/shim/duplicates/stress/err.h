// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Errors as pointers: linux/err.h. And the byte order of this machine: asm/byteorder.h.
#pragma once

#define MAX_ERRNO 4095
#define IS_ERR_VALUE(value) unlikely((unsigned long)(void *)(value) >= (unsigned long)-MAX_ERRNO)
static inline void *ERR_PTR(long error) { return (void *)error; }
static inline long PTR_ERR(const void *pointer) { return (long)pointer; }
static inline bool IS_ERR(const void *pointer) { return IS_ERR_VALUE((unsigned long)pointer); }
static inline bool IS_ERR_OR_NULL(const void *pointer) { return !pointer || IS_ERR(pointer); }
static inline void *ERR_CAST(const void *pointer) { return (void *)pointer; }
static inline int PTR_ERR_OR_ZERO(const void *pointer) { return IS_ERR(pointer) ? PTR_ERR(pointer) : 0; }

typedef u16 __le16;
typedef u32 __le32;
typedef u64 __le64;
typedef u16 __be16;
typedef u32 __be32;
typedef u64 __be64;
#define cpu_to_le16(value) ((__le16)(value))
#define cpu_to_le32(value) ((__le32)(value))
#define cpu_to_le64(value) ((__le64)(value))
#define le16_to_cpu(value) ((u16)(value))
#define le32_to_cpu(value) ((u32)(value))
#define le64_to_cpu(value) ((u64)(value))
#define cpu_to_be16(value) ((__be16)__builtin_bswap16(value))
#define cpu_to_be32(value) ((__be32)__builtin_bswap32(value))
#define cpu_to_be64(value) ((__be64)__builtin_bswap64(value))
#define be16_to_cpu(value) __builtin_bswap16(value)
#define be32_to_cpu(value) __builtin_bswap32(value)
#define be64_to_cpu(value) __builtin_bswap64(value)
