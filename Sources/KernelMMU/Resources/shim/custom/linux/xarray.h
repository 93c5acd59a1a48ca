// SPDX-License-Identifier: MIT OR GPL-2.0-only
// struct xarray as a list of its entries: readers walk it under RCU or its lock, as they may the kernel's, and pass a
// schedule point where they load an entry. An entry that is erased stays as an empty one, so that nothing waits for
// readers. Marks and allocation of indices are not there.
#pragma once

struct stress_xa_entry {
  unsigned long index;
  void *value;
  struct stress_xa_entry *next;
};
struct xarray {
  spinlock_t xa_lock;
  gfp_t xa_flags;
  struct stress_xa_entry *xa_head;
};
#define XARRAY_INIT(name, flags) {.xa_flags = (flags)}
#define DEFINE_XARRAY(name) struct xarray name = XARRAY_INIT(name, 0)
#define XA_FLAGS_ACCOUNT 0u
#define xa_init_flags(array, flags) \
  do { memset(array, 0, sizeof(*(array))); spin_lock_init(&(array)->xa_lock); (array)->xa_flags = (flags); } while (0)
#define xa_init(array) xa_init_flags(array, 0)
#define xa_lock(array) spin_lock(&(array)->xa_lock)
#define xa_unlock(array) spin_unlock(&(array)->xa_lock)

#define xa_mk_value(value) ((void *)(((unsigned long)(value) << 1) | 1))
#define xa_to_value(entry) ((unsigned long)(entry) >> 1)
#define xa_is_value(entry) ((unsigned long)(entry) & 1)
#define XA_ERROR(error) ((void *)((unsigned long)(long)(error) << 2 | 2))
#define xa_is_err(entry) (((unsigned long)(entry) & 3) == 2)
#define xa_err(entry) (xa_is_err(entry) ? (int)((long)(entry) >> 2) : 0)

static inline struct stress_xa_entry *stress_xa_find(const struct xarray *array, unsigned long index) {
  struct stress_xa_entry *entry = READ_ONCE(array->xa_head);
  while (entry && entry->index != index) entry = READ_ONCE(entry->next);
  return entry;
}
static inline void *xa_load(const struct xarray *array, unsigned long index) {
  struct stress_xa_entry *entry = stress_xa_find(array, index);
  return entry ? READ_ONCE(entry->value) : NULL;
}
static inline void *__xa_store(struct xarray *array, unsigned long index, void *value, gfp_t flags) {
  struct stress_xa_entry *entry = stress_xa_find(array, index);
  lockdep_assert_held(&array->xa_lock);
  if (!entry) {
    if (!value) return NULL;
    // The kernel drops the lock where it has to sleep for memory.
    entry = stress_allocate(sizeof(*entry), flags & ~GFP_KERNEL);
    if (!entry) return XA_ERROR(-ENOMEM);
    entry->index = index;
    entry->next = array->xa_head;
    entry->value = value;
    WRITE_ONCE(array->xa_head, entry);
    return NULL;
  }
  void *old = entry->value;
  WRITE_ONCE(entry->value, value);
  return old;
}
static inline void *xa_store(struct xarray *array, unsigned long index, void *value, gfp_t flags) {
  xa_lock(array);
  void *old = __xa_store(array, index, value, flags);
  xa_unlock(array);
  return old;
}
#define __xa_erase(array, index) __xa_store(array, index, NULL, 0)
#define xa_erase(array, index) xa_store(array, index, NULL, 0)
#define xa_reserve(array, index, flags) ({ (void)(array), (void)(index), (void)(flags); 0; })
static inline void *xa_cmpxchg(struct xarray *array, unsigned long index, void *old, void *value, gfp_t flags) {
  xa_lock(array);
  void *seen = xa_load(array, index);
  if (seen == old) {
    void *result = __xa_store(array, index, value, flags);
    if (xa_is_err(result)) seen = result;
  }
  xa_unlock(array);
  return seen;
}
static inline int xa_insert(struct xarray *array, unsigned long index, void *value, gfp_t flags) {
  void *seen = xa_cmpxchg(array, index, NULL, value, flags);
  return xa_is_err(seen) ? xa_err(seen) : seen ? -EBUSY : 0;
}
static inline bool xa_empty(const struct xarray *array) {
  for (struct stress_xa_entry *entry = READ_ONCE(array->xa_head); entry; entry = READ_ONCE(entry->next))
    if (READ_ONCE(entry->value)) return false;
  return true;
}
// The entry with the lowest index from `*index` to `last`.
static inline void *stress_xa_from(struct xarray *array, unsigned long *index, unsigned long last) {
  void *found = NULL;
  unsigned long best = last;
  for (struct stress_xa_entry *entry = READ_ONCE(array->xa_head); entry; entry = READ_ONCE(entry->next)) {
    void *value = READ_ONCE(entry->value);
    if (value && entry->index >= *index && entry->index <= best) {
      best = entry->index;
      found = value;
    }
  }
  if (found) *index = best;
  return found;
}
#define xa_for_each_range(array, index, entry, first, last) \
  for ((index) = (first), (entry) = stress_xa_from(array, &(index), last); entry; \
       (entry) = (index)++ < (last) ? stress_xa_from(array, &(index), last) : NULL)
#define xa_for_each_start(array, index, entry, first) xa_for_each_range(array, index, entry, first, ~0UL)
#define xa_for_each(array, index, entry) xa_for_each_start(array, index, entry, 0)
static inline void xa_destroy(struct xarray *array) {
  while (array->xa_head) {
    struct stress_xa_entry *entry = array->xa_head;
    array->xa_head = entry->next;
    stress_free(entry);
  }
}
