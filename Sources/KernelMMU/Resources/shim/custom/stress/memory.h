// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Pages, physical addresses and objects. Page tables live in the host's arena; `struct page` is the word beside each of
// its pages, and guest memory has pfns but no memory.
#pragma once

// Reports a page that is not one of the arena's.
struct page *stress_checked_page(struct page *page, const char *file, u32 line, const char *function);

// The same formula for pfns outside the arena: such a pointer is passed on and never followed. All of a task's life
// they answer alike.
struct page *stress_page_of(u64 pfn) __pure;
u64 stress_pfn_of(const struct page *page) __pure;
phys_addr_t stress_pa(u64 address) __pure;
void *stress_va(phys_addr_t address) __pure;
static inline struct page *pfn_to_page(u64 pfn) { return stress_page_of(pfn); }
static inline u64 page_to_pfn(const struct page *page) { return stress_pfn_of(page); }
#define __pa(address) stress_pa((u64)(address))
#define __va(address) stress_va(address)
#define virt_to_page(address) pfn_to_page(__pa(address) >> PAGE_SHIFT)
#define page_to_phys(page) PFN_PHYS(page_to_pfn(page))
#define page_to_virt(page) __va(page_to_phys(page))
#define page_address(page) page_to_virt(page)
#define page_private(page_) ((unsigned long)stress_checked_page(page_, __FILE__, __LINE__, __func__)->private)
#define set_page_private(page_, value) \
  (stress_checked_page(page_, __FILE__, __LINE__, __func__)->private = (unsigned long)(value))

// No page is the zero page, reserved or device memory.
#define ZERO_PAGE(address) ((struct page *)0)
#define zero_pfn(address) (~0ULL >> PAGE_SHIFT)
#define is_zero_pfn(pfn) ((pfn) == zero_pfn(0))
#define my_zero_pfn(address) zero_pfn(address)
#define pfn_valid(pfn) 1
#define PageReserved(page) 0
#define pat_enabled() 1
#define pat_pfn_immune_to_uc_mtrr(pfn) 0
#define E820_TYPE_RAM 1
#define e820__mapped_raw_any(start, end, type) 1
// TDX keeps caches and encrypted memory coherent; neither exists here.
#define clflush_cache_range(address, bytes) ((void)(address))
#define tdx_quirk_reset_paddr(base, bytes) do {} while (0)
#define tdx_quirk_reset_page(page) do {} while (0)

// Guest memory has no struct page that could count references.
#define get_page(page) ((void)(page))
#define put_page(page) ((void)(page))

unsigned long __get_free_page(gfp_t flags);
unsigned long get_zeroed_page(gfp_t flags);
void free_page(unsigned long address);
#define __free_page(page) free_page((unsigned long)page_to_virt(page))
void *kmem_cache_zalloc(struct kmem_cache *cache, gfp_t flags);
void kmem_cache_free(struct kmem_cache *cache, void *object);
