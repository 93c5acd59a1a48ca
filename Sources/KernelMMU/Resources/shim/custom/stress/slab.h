// SPDX-License-Identifier: MIT OR GPL-2.0-only
// kmalloc() and its like. Memory is the host's, so that every schedule begins with none in use: an object of at most
// 512 bytes, or a page. What is not asked for zeroed has to be written before it is read. Freed memory is poisoned, and
// not given out again at once.
#pragma once

void *stress_allocate(size_t bytes, gfp_t flags);
void stress_free(const void *memory);

#define GFP_NOWAIT 0u
#define GFP_NOFS GFP_KERNEL
#define __GFP_NOWARN 0u
#define __GFP_NOFAIL 0u
#define __GFP_RETRY_MAYFAIL 0u
#define SLAB_ACCOUNT 0u
#define SLAB_HWCACHE_ALIGN 0u
#define ZERO_SIZE_PTR ((void *)16)

static inline size_t stress_product(size_t count, size_t bytes) {
  size_t all;
  return __builtin_mul_overflow(count, bytes, &all) ? ~(size_t)0 : all;
}
#define kmalloc(bytes, flags) stress_allocate(bytes, flags)
#define kzalloc(bytes, flags) stress_allocate(bytes, (flags) | __GFP_ZERO)
#define kvmalloc(bytes, flags) stress_allocate(bytes, flags)
#define kvzalloc(bytes, flags) kzalloc(bytes, flags)
#define vmalloc(bytes) stress_allocate(bytes, GFP_KERNEL)
#define vzalloc(bytes) kzalloc(bytes, GFP_KERNEL)
#define kmalloc_array(count, bytes, flags) stress_allocate(stress_product(count, bytes), flags)
#define kcalloc(count, bytes, flags) kzalloc(stress_product(count, bytes), flags)
#define kvcalloc(count, bytes, flags) kcalloc(count, bytes, flags)
#define kvmalloc_array(count, bytes, flags) stress_allocate(stress_product(count, bytes), flags)
#define __vcalloc(count, bytes, flags) kcalloc(count, bytes, flags)
#define kmalloc_obj(object, flags...) ((__typeof__(object) *)stress_allocate(sizeof(object), GFP_KERNEL))
#define kzalloc_obj(object, flags...) ((__typeof__(object) *)kzalloc(sizeof(object), GFP_KERNEL))
static inline void kfree(const void *memory) { stress_free(memory); }
static inline void kvfree(const void *memory) { stress_free(memory); }
static inline void vfree(const void *memory) { stress_free(memory); }
static inline void kfree_sensitive(const void *memory) { stress_free(memory); }

// A cache is its objects' size.
struct kmem_cache {
  size_t bytes;
};
#define kmem_cache_alloc(cache, flags) stress_allocate((cache)->bytes, flags)
#define KMEM_CACHE(structure, flags) kmem_cache_create(#structure, sizeof(struct structure), 0, flags, NULL)
struct kmem_cache *kmem_cache_create(const char *name, size_t bytes, size_t align, u32 flags, void (*make)(void *));
void kmem_cache_destroy(struct kmem_cache *cache);

#define __get_free_pages(flags, order) stress_pages(flags, order)
#define free_pages(address, order) free_page(address)
#define alloc_page(flags) stress_page(__get_free_page(flags))
#define alloc_pages(flags, order) stress_page(stress_pages(flags, order))
#define __free_pages(page, order) __free_page(page)
unsigned long stress_pages(gfp_t flags, unsigned order);
static inline struct page *stress_page(unsigned long address) { return address ? virt_to_page(address) : NULL; }

DEFINE_FREE(kfree, void *, if (_T) stress_free(_T))
DEFINE_FREE(kvfree, void *, if (_T) stress_free(_T))
