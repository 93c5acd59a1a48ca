// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The kernel's basic types.
#pragma once

typedef unsigned char u8, __u8, uint8_t;
typedef unsigned short u16, __u16, uint16_t;
typedef unsigned int u32, __u32, uint32_t, uint;
typedef unsigned long long u64, __u64, uint64_t;
typedef signed char s8, __s8, int8_t;
typedef short s16, __s16, int16_t;
typedef int s32, __s32, int32_t;
typedef long long s64, __s64, int64_t;
typedef _Bool bool;
typedef __SIZE_TYPE__ size_t;
typedef long ssize_t;
typedef unsigned long ulong, uintptr_t, pgoff_t;
typedef long intptr_t;
typedef u64 phys_addr_t;
typedef unsigned gfp_t;
typedef int pid_t;

#define true 1
#define false 0
#define NULL ((void *)0)

typedef struct {
  int counter;
} atomic_t;
typedef struct {
  s64 counter;
} atomic64_t;
typedef atomic64_t atomic_long_t;
typedef struct refcount_struct {
  atomic_t refs;
} refcount_t;

struct list_head {
  struct list_head *next, *prev;
};
struct hlist_node {
  struct hlist_node *next, **pprev;
};
struct hlist_head {
  struct hlist_node *first;
};
struct callback_head {
  struct callback_head *next;
  void (*func)(struct callback_head *head);
};
#define rcu_head callback_head

enum pg_level { PG_LEVEL_NONE, PG_LEVEL_4K, PG_LEVEL_2M, PG_LEVEL_1G, PG_LEVEL_512G, PG_LEVEL_256T, PG_LEVEL_NUM };

struct kmem_cache;
struct file;
struct misc_cg;
struct x86_exception;
struct pt_regs;

#define STRESS_KERNEL_SIDE 1
#include "stress_abi.h"
