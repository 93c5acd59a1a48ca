// SPDX-License-Identifier: MIT OR GPL-2.0-only
// LST-1: lists, page tables and references of the kernel, each held against the others. Nobody runs meanwhile, but for
// what is looked at when a header is freed.
#include "glue.h"

enum { ON_ROOTS = 1, ON_NX = 2, REACHED = 4, CACHED = 8 };
// The host's state of a page whose callback has not run.
enum { PAGE_DEFERRED = 4 };

struct inquiry {
  struct stress_world *world;
  u8 *marks;
  struct stress_audit *audit;
};

static u16 size_of(const struct stress_world *world, u64 slot) {
  return *(const u16 *)((const char *)world->config.object_sizes + slot * world->config.object_stride);
}

// The slot of a header that is in use, 0 for anything else.
static u64 live(const struct stress_world *world, const void *object) {
  u64 offset = (u64)object - (u64)world->config.objects;
  u64 slot = offset / STRESS_OBJECT_BYTES;
  bool is_slot = offset < world->config.objects_bytes && offset % STRESS_OBJECT_BYTES == 0;
  if (!is_slot || slot >= *world->config.object_count) return 0;
  return size_of(world, slot) == sizeof(struct kvm_mmu_page) ? slot : 0;
}

static bool *tracked_note(const struct stress_world *world, u64 slot) {
  return (bool *)((char *)world->config.object_tracked + slot * world->config.object_stride);
}

static bool find(struct inquiry *inquiry, const void *object, const char *expected, const char *format, ...)
    __printf(4, 5);
static bool find(struct inquiry *inquiry, const void *object, const char *expected, const char *format, ...) {
  __builtin_va_list arguments;
  inquiry->audit->object = object;
  size_t length = 0;
  while (expected[length] && length + 1 < sizeof(inquiry->audit->expected)) length++;
  memcpy(inquiry->audit->expected, expected, length);
  inquiry->audit->expected[length] = 0;
  __builtin_va_start(arguments, format);
  vsnprintf(inquiry->audit->seen, sizeof(inquiry->audit->seen), format, arguments);
  __builtin_va_end(arguments);
  return false;
}

// Marks what stands on a list; `offset` is where in a header its link is. Returns false with a finding.
static bool walk_list(
    struct inquiry *inquiry, struct list_head *head, const char *name, u64 offset, u8 mark, u64 *count) {
  struct list_head *previous = head;
  for (struct list_head *node = head->next; node != head; previous = node, node = node->next) {
    struct kvm_mmu_page *sp = (struct kvm_mmu_page *)((char *)node - offset);
    u64 slot = live(inquiry->world, sp);
    if (!slot) return find(inquiry, NULL, "each list holds headers that are in use", "%s leads to none", name);
    if (node->prev != previous)
      return find(inquiry, sp, "each list leads back as it leads there", "%s does not, at this header", name);
    if (inquiry->marks[slot] & mark) return find(inquiry, sp, "each list has an end", "%s goes round", name);
    inquiry->marks[slot] |= mark;
    ++*count;
  }
  if (head->prev != previous)
    return find(inquiry, NULL, "each list leads back as it leads there", "%s does not, at its end", name);
  return true;
}

static struct kvm_mmu_page *child_of(struct stress_world *world, u64 entry, u64 **table) {
  u64 page = ((entry & SPTE_BASE_ADDR_MASK) >> PAGE_SHIFT) - world->config.first_pfn;
  if (page >= world->config.arena_pages) return NULL;
  *table = (u64 *)world->config.arena + page * SPTE_ENT_PER_PAGE;
  return (struct kvm_mmu_page *)world->config.page_private[page];
}

// A table and all below it.
static bool reach(struct inquiry *inquiry, struct kvm_mmu_page *sp) {
  u64 slot = live(inquiry->world, sp);
  if (inquiry->marks[slot] & REACHED)
    return find(inquiry, sp, "one entry leads to each page table", "two entries lead to this one");
  inquiry->marks[slot] |= REACHED;
  if (!(inquiry->marks[slot] & ON_NX) && sp->possible_nx_huge_page_link.next &&
      sp->possible_nx_huge_page_link.next != &sp->possible_nx_huge_page_link)
    return find(inquiry, sp, "what is linked into possible_nx_huge_pages is on it", "this header is not");
  int level = sp->role.level;
  for (int index = 0; index < SPTE_ENT_PER_PAGE && level > PG_LEVEL_4K; index++) {
    u64 entry = sp->spt[index], *table;
    if (likely(!is_shadow_present_pte(entry)) || is_last_spte(entry, level)) continue;
    struct kvm_mmu_page *child = child_of(inquiry->world, entry, &table);
    if (!child || !live(inquiry->world, child))
      return find(inquiry, sp, "each entry leads to a page table in use", "entry %d does not", index);
    if (child->spt != table || child->ptep != (tdp_ptep_t)&sp->spt[index] || child->role.level != level - 1)
      return find(inquiry, child, "a header tells of its page table's place", "it names another page, entry or level");
    if (stress_is_mirror(child) != stress_is_mirror(sp))
      return find(inquiry, child, "page tables below a root are of its kind", "this one is not");
    if (!reach(inquiry, child)) return false;
  }
  return true;
}

static bool look_at_caches(struct inquiry *inquiry) {
  for (u32 index = 0; index < inquiry->world->config.vcpus; index++) {
    struct kvm_mmu_memory_cache *cache = &inquiry->world->vcpus[index].arch.mmu_page_header_cache;
    for (int number = 0; number < cache->nobjs; number++) {
      u64 slot = live(inquiry->world, cache->objects[number]);
      if (!slot) return find(inquiry, NULL, "a vCPU's cache holds headers in use", "that of vCPU %u does not", index);
      if (inquiry->marks[slot])
        return find(inquiry, cache->objects[number], "a header in a vCPU's cache is unused",
                    "vCPU %u has it, and it is used", index);
      inquiry->marks[slot] |= CACHED;
    }
  }
  return true;
}

static u32 holders(struct stress_world *world, const struct kvm_mmu_page *root) {
  hpa_t page = (u64)root->spt - (u64)world->config.arena + PFN_PHYS(world->config.first_pfn);
  u32 count = 0;
  for (u32 index = 0; index < world->config.vcpus; index++) {
    const struct kvm_mmu *mmu = world->vcpus[index].arch.mmu;
    if (!mmu) continue;
    count += mmu->root.hpa == page;
#ifdef HAVE_KVM_MIRROR_ROOTS
    count += mmu->mirror_root_hpa == page;
#endif
    for (int previous = 0; previous < KVM_MMU_NUM_PREV_ROOTS; previous++)
      count += mmu->prev_roots[previous].hpa == page;
  }
  // The TDP MMU has one until the zap of an invalid root is done.
  return count + (!root->role.invalid || root->tdp_mmu_scheduled_root_to_zap);
}

static bool look_at_roots(struct inquiry *inquiry) {
  struct kvm_mmu_page *root;
  list_for_each_entry(root, &inquiry->world->tdx.kvm.arch.tdp_mmu_roots, link) {
    u32 expected = holders(inquiry->world, root), counted = root->tdp_mmu_root_count.refs.counter;
    if (counted != expected)
      return find(inquiry, root, "a root's count is that of the references that there are",
                  "tdp_mmu_root_count is %u, and %u refer to it", counted, expected);
    if (!reach(inquiry, root)) return false;
    struct kvm_mmu_page *other = root;
    list_for_each_entry_continue(other, &inquiry->world->tdx.kvm.arch.tdp_mmu_roots, link)
      if (!root->role.invalid && other->role.word == root->role.word)
        return find(inquiry, other, "there is one valid root of each role", "there are two");
  }
  for (u32 index = 0; index < inquiry->world->config.vcpus; index++) {
    const struct kvm_mmu *mmu = inquiry->world->vcpus[index].arch.mmu;
    if (!mmu || !VALID_PAGE(mmu->root.hpa)) continue;
    u64 *table, slot;
    const struct kvm_mmu_page *held = child_of(inquiry->world, mmu->root.hpa, &table);
    if (!held || !(slot = live(inquiry->world, held)) || !(inquiry->marks[slot] & ON_ROOTS))
      return find(inquiry, NULL, "the root that a vCPU has loaded is on tdp_mmu_roots", "that of vCPU %u is not",
                  index);
  }
  return true;
}

static bool is_deferred(struct stress_world *world, const struct kvm_mmu_page *sp) {
  u64 page = ((u64)sp->spt - (u64)world->config.arena) / PAGE_SIZE;
  return page < world->config.arena_pages && world->config.page_states[page * STRESS_PAGE_STRIDE] == PAGE_DEFERRED;
}

bool stress_audit(struct stress_world *world, u8 *marks, struct stress_audit *audit) {
  struct kvm *kvm = &world->tdx.kvm;
  struct inquiry inquiry = {.world = world, .marks = marks, .audit = audit};
  u64 count = *world->config.object_count, roots = 0, tracked = 0;
  s64 __maybe_unused counted = 0;
  memset(marks, 0, count);
  if (!walk_list(&inquiry, &kvm->arch.tdp_mmu_roots, "tdp_mmu_roots", offsetof(struct kvm_mmu_page, link), ON_ROOTS,
                 &roots))
    return false;
  u64 __maybe_unused link = offsetof(struct kvm_mmu_page, possible_nx_huge_page_link);
#ifdef HAVE_kvm_possible_nx_huge_pages
  for (u32 index = 0; index < KVM_NR_MMU_TYPES; index++) {
    struct kvm_possible_nx_huge_pages *list = &kvm->arch.possible_nx_huge_pages[index];
    if (!walk_list(&inquiry, &list->pages, "possible_nx_huge_pages", link, ON_NX, &tracked)) return false;
    counted += list->nr_pages;
  }
  if (counted != (s64)tracked)
    return find(&inquiry, NULL, "the number of possible NX huge pages is that of those on their lists",
                "nr_pages says %lld, and %llu are on them", (long long)counted, (unsigned long long)tracked);
#elif defined(HAVE_kvm_arch_possible_nx_huge_pages)
  if (!walk_list(&inquiry, &kvm->arch.possible_nx_huge_pages, "possible_nx_huge_pages", link, ON_NX, &tracked))
    return false;
#endif
  if (kvm->stat.nx_lpage_splits != tracked)
    return find(&inquiry, NULL, "the statistics count the possible NX huge pages on their lists",
                "nx_lpage_splits is %llu, and %llu are on them", (unsigned long long)kvm->stat.nx_lpage_splits,
                (unsigned long long)tracked);
  if (!look_at_roots(&inquiry) || !look_at_caches(&inquiry)) return false;
  for (u64 slot = 1; slot < count; slot++) {
    if (size_of(world, slot) != sizeof(struct kvm_mmu_page)) continue;
    const struct kvm_mmu_page *sp = (void *)((char *)world->config.objects + slot * STRESS_OBJECT_BYTES);
    u8 mark = marks[slot];
    if (mark & ON_NX && !(mark & REACHED))
      return find(&inquiry, sp, "possible_nx_huge_pages holds page tables that are linked", "this one is not");
    if (mark & ON_NX && !sp->nx_huge_page_disallowed)
      return find(&inquiry, sp, "what is on possible_nx_huge_pages has nx_huge_page_disallowed", "this one has not");
    if (mark & ON_NX && mark & ON_ROOTS)
      return find(&inquiry, sp, "a root is no possible NX huge page", "this one is on possible_nx_huge_pages");
    if (*tracked_note(world, slot) && mark & REACHED && !(mark & ON_NX))
      return find(&inquiry, sp, "what NX recovery takes off possible_nx_huge_pages is zapped",
                  "this one is off it, and linked still");
    if (!mark && !is_deferred(world, sp))
      return find(&inquiry, sp, "every header is linked, in a vCPU's cache, or waits for RCU",
                  "nothing leads to this one");
  }
  return true;
}

static bool is_tracked(const struct kvm_mmu_page *sp) {
  const struct list_head *link = &sp->possible_nx_huge_page_link;
  return link->next && link->next != link && link->next != LIST_POISON1;
}

void stress_note_tracked(struct stress_world *world, bool any) {
  for (u64 slot = 1; slot < *world->config.object_count; slot++) {
    const struct kvm_mmu_page *sp = (void *)((char *)world->config.objects + slot * STRESS_OBJECT_BYTES);
    *tracked_note(world, slot) = any && live(world, sp) && is_tracked(sp);
  }
}

const char *stress_list_of(const struct stress_task *task, const void *object) {
  const struct kvm_mmu_page *sp = object;
  if (!task->world->config.object_sizes || !live(task->world, object)) return NULL;
  if (is_tracked(sp)) return "possible_nx_huge_pages";
  const struct list_head *link;
  // list_del_rcu() leaves the way forward.
  link = &sp->link;
  if (link->prev && link->prev != link && link->prev != LIST_POISON2) return "tdp_mmu_roots";
  return NULL;
}
