// Locks, RCU, memory and logs.
#define _GNU_SOURCE
#include "host.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { FIRST_PFN = 1 << 30 };

static void *reserve(size_t bytes) {
  void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return memory == MAP_FAILED ? NULL : memory;
}

void khost_log(struct khost *host, struct khost_event event) {
  if (host->options.logs && host->event_count < EVENTS) host->events[host->event_count++] = event;
}

// Schedule points and accesses.

static void reached(struct stress_point *point, uint32_t kind, const volatile void *address) {
  struct host_task *task = (struct host_task *)point;
  struct khost *host = task->host;
  if (host->options.stops_at_points) {
    task->points++;
    point->countdown = 0;
  } else {
    if (point->countdown <= 0) {
      task->points += 4096 - point->countdown;
      point->countdown = 4096;
    }
    if (kind == STRESS_POINT_RELAX) khost_pause(task);
  }
  if (kind != STRESS_POINT_LOST) {
    task->announced = address;
    task->announced_kind = kind;
  }
  if (host->options.guards_tables) khost_guard_point(task, address);
  if (host->fibers && kind != STRESS_POINT_LOST) khost_fiber_point(task);
}

static void accessed(
    void *context, uint32_t access, uint64_t *entry, uint64_t old, uint64_t value, const void *where) {
  struct host_task *task = context;
  struct khost *host = task->host;
  if (host->options.stops_at_points && task->announced != entry) host->misplaced++;
  if (host->fibers)
    host->hash = (host->hash ^ (uint64_t)(entry - (uint64_t *)host->arena) ^ old * 3 ^ value ^ task->id) *
                 0x100000001b3ULL;
  if (!host->options.logs && !host->options.guards_tables) return;
  uint64_t page = ((uint8_t *)entry - host->arena) / PAGE_BYTES;
  khost_log(host, (struct khost_event){.kind = KHOST_ACCESS, .what = access, .gfn = page, .old = old, .value = value,
                                       .where = where});
  bool writes = access != STRESS_ACCESS_READ && access != STRESS_ACCESS_CMPXCHG_LOST;
  if (host->options.guards_tables) {
    if (writes) khost_guard_linked(host, value, 0);
    khost_guard_close(host);
  }
}

// Locks: word 0 counts readers, bit 31 is a writer; word 1 counts those that wait.

static void take(void *context, struct stress_lock *lock, uint32_t mode, const void *where) {
  struct host_task *task = context;
  if (task->host->fibers) khost_fiber_point(task);
  khost_guard_close(task->host);
  __atomic_fetch_add(&lock->words[1], 1, __ATOMIC_SEQ_CST);
  for (uint32_t spins = 0;; spins++) {
    uint32_t seen = __atomic_load_n(&lock->words[0], __ATOMIC_RELAXED);
    uint32_t wanted = mode == STRESS_MODE_WRITE ? 1u << 31 : seen + 1;
    bool is_free = mode == STRESS_MODE_WRITE ? seen == 0 : !(seen >> 31);
    if (is_free && __atomic_compare_exchange_n(
                       &lock->words[0], &seen, wanted, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
      break;
    if (spins > 100 || task->host->fibers) khost_pause(task);
  }
  __atomic_fetch_sub(&lock->words[1], 1, __ATOMIC_SEQ_CST);
  khost_log(task->host, (struct khost_event){.kind = KHOST_LOCK, .what = lock->kind, .value = mode, .where = where});
}

static void leave(void *context, struct stress_lock *lock, uint32_t mode, const void *where) {
  struct host_task *task = context;
  khost_guard_close(task->host);
  khost_log(task->host, (struct khost_event){.kind = KHOST_UNLOCK, .what = lock->kind, .value = mode});
  if (mode == STRESS_MODE_WRITE)
    __atomic_store_n(&lock->words[0], 0, __ATOMIC_SEQ_CST);
  else
    __atomic_fetch_sub(&lock->words[0], 1, __ATOMIC_SEQ_CST);
}

static bool walked(void *context, const uint64_t *entry, bool is_write) { return false; }

static void yield_lock(
    void *context, struct stress_lock *lock, uint32_t mode, const volatile void *entry, const void *where) {
  leave(context, lock, mode, where);
  khost_pause(context);
  take(context, lock, mode, where);
}

static bool ask(void *context, uint32_t question) {
  struct host_task *task = context;
  if (question == STRESS_ASK_EVENTS) return true;
  uint32_t every = task->host->ask_every;
  return every && ++task->asked % every == 0;
}

// RCU: a reader publishes the epoch in which it entered; what is deferred waits for older readers.

static void read_section_begin(void *context) {
  struct host_task *task = context;
  __atomic_store_n(
      &task->rcu_epoch, __atomic_load_n(&task->host->epoch, __ATOMIC_SEQ_CST), __ATOMIC_SEQ_CST);
}
static void read_section_end(void *context) {
  __atomic_store_n(&((struct host_task *)context)->rcu_epoch, 0, __ATOMIC_SEQ_CST);
}

static void wait_for_readers(struct host_task *task) {
  struct khost *host = task->host;
  uint64_t epoch = __atomic_add_fetch(&host->epoch, 1, __ATOMIC_SEQ_CST);
  for (uint32_t other = 0; other < host->options.tasks; other++) {
    if (other == task->id) continue;
    for (;;) {
      uint64_t entered = __atomic_load_n(&host->tasks[other].rcu_epoch, __ATOMIC_SEQ_CST);
      if (entered == 0 || entered >= epoch) break;
      khost_pause(task);
    }
  }
}

void khost_run_deferred(struct host_task *task) {
  struct stress_rcu_head *head = task->deferred;
  task->deferred = NULL;
  task->deferred_tail = &task->deferred;
  task->deferred_count = 0;
  if (head) wait_for_readers(task);
  while (head) {
    struct stress_rcu_head *next = head->next;
    task->host->kernel->run_rcu(task->kernel, head);
    head = next;
  }
}

static void call_rcu_host(void *context, struct stress_rcu_head *head, const void *where) {
  struct host_task *task = context;
  head->next = NULL;
  *task->deferred_tail = head;
  task->deferred_tail = &head->next;
  task->deferred_count++;
}

static void barrier(void *context) {
  struct khost *host = ((struct host_task *)context)->host;
  for (uint32_t task = 0; task < host->options.tasks; task++) khost_run_deferred(&host->tasks[task]);
}

// Memory. Freed slots wait behind 256 others and are poisoned meanwhile.

static uint32_t take_slot(struct khost *host, struct pool *pool) {
  pthread_mutex_lock(&host->lock);
  uint32_t slot = 0;
  if (pool->tail - pool->head > 256 || (pool->unused == pool->capacity && pool->tail > pool->head))
    slot = pool->ring[pool->head++ % pool->capacity];
  else if (pool->unused < pool->capacity)
    slot = pool->unused++;
  pool->live += slot != 0;
  pthread_mutex_unlock(&host->lock);
  return slot;
}

static void give_slot(struct khost *host, struct pool *pool, uint32_t slot) {
  pthread_mutex_lock(&host->lock);
  pool->ring[pool->tail++ % pool->capacity] = slot;
  pool->live--;
  pthread_mutex_unlock(&host->lock);
}

static void memory_fault(struct khost *host, const char *text) {
  struct stress_violation violation = {.kind = STRESS_VIOLATION_MEMORY, .file = "host", .function = "", .text = text};
  host->table.violation(&host->tasks[0], &violation);
}

static void finding(void *context, const struct stress_finding *finding) {
  memory_fault(((struct host_task *)context)->host, finding->text ? finding->text : "an access goes astray");
}

static void *page_alloc(void *context, uint32_t purpose) {
  struct khost *host = ((struct host_task *)context)->host;
  uint32_t page = take_slot(host, &host->pages);
  if (page == 0) return NULL;
  host->page_state[page] = 1;
  return host->arena + (uint64_t)page * PAGE_BYTES;
}

static void page_free(void *context, void *address, const void *where) {
  struct khost *host = ((struct host_task *)context)->host;
  uint64_t page = ((uint8_t *)address - host->arena) / PAGE_BYTES;
  if (page == 0 || page >= host->options.arena_pages || host->page_state[page] == 0)
    return memory_fault(host, "a page is freed that is not in use");
  if (host->options.guards_tables) mprotect(address, PAGE_BYTES, PROT_READ | PROT_WRITE);
  host->page_state[page] = 0;
  host->page_private[page] = 0;
  memset(address, 0x5a, PAGE_BYTES);
  khost_log(host, (struct khost_event){.kind = KHOST_PAGE_FREED, .value = page});
  give_slot(host, &host->pages, page);
}

static void *object_alloc(void *context, uint64_t bytes) {
  struct khost *host = ((struct host_task *)context)->host;
  uint32_t slot = take_slot(host, &host->object_pool);
  if (slot == 0) return NULL;
  host->object_state[slot] = 1;
  return memset(host->objects + (uint64_t)slot * OBJECT_BYTES, 0, OBJECT_BYTES);
}

static void object_free(void *context, void *address, const void *where) {
  struct khost *host = ((struct host_task *)context)->host;
  uint64_t slot = ((uint8_t *)address - host->objects) / OBJECT_BYTES;
  if (slot == 0 || slot >= host->options.arena_pages || !host->object_state[slot])
    return memory_fault(host, "an object is freed that is not in use");
  host->object_state[slot] = 0;
  memset(address, 0x5a, OBJECT_BYTES);
  give_slot(host, &host->object_pool, slot);
}

static void table_made(void *context, const struct stress_table *table) {
  struct khost *host = ((struct host_task *)context)->host;
  uint64_t page = ((uint8_t *)table->page - host->arena) / PAGE_BYTES;
  khost_log(host, (struct khost_event){
      .kind = KHOST_TABLE, .what = table->is_mirror, .level = table->level, .gfn = table->gfn, .value = page});
}

// Reports.

static void violation(void *context, const struct stress_violation *violation) {
  struct khost *host = ((struct host_task *)context)->host;
  if (__atomic_fetch_add(&host->violations, 1, __ATOMIC_SEQ_CST) == 0) {
    host->first = *violation;
    snprintf(host->first_text, sizeof(host->first_text), "%s", violation->text);
    host->first.text = host->first_text;
  }
}

static void request(void *context, uint32_t request) {
  khost_log(((struct host_task *)context)->host, (struct khost_event){.kind = KHOST_REQUEST, .what = request});
}
static void flush(void *context, uint64_t gfn, uint64_t pages) {
  khost_log(((struct host_task *)context)->host, (struct khost_event){.kind = KHOST_FLUSH, .gfn = gfn, .value = pages});
}
static void looked_up(void *context) {}
static void zapped(void *context) {}
static void trace(void *context, uint32_t event, uint64_t gfn, uint32_t level, uint64_t old, uint64_t value) {}
static void print(void *context, const char *text) {}

static struct stress_world_config config_of(const struct khost *host) {
  const struct khost_options *options = &host->options;
  return (struct stress_world_config){
      .arena = host->arena, .arena_pages = options->arena_pages, .first_pfn = FIRST_PFN,
      .page_private = host->page_private, .guest_pages = options->guest_pages, .vcpus = options->tasks,
      .private_level = options->private_level, .shared_level = options->shared_level, .is_td = options->is_td,
      .nx_huge_pages = options->nx_huge_pages, .proves_mmu = options->proves_mmu, .objects = host->objects,
      .objects_bytes = options->arena_pages * OBJECT_BYTES,
  };
}

static void reset_pool(struct pool *pool) {
  pool->head = pool->tail = pool->live = 0;
  pool->unused = 1;
}

void khost_reset(struct khost *host) {
  const struct khost_options *options = &host->options;
  struct stress_world_config config = config_of(host);
  uint64_t pages = host->pages.unused;
  memset(host->page_private, 0, pages * sizeof(uint64_t));
  memset(host->page_state, 0, options->arena_pages);
  memset(host->object_state, 0, options->arena_pages);
  reset_pool(&host->pages);
  reset_pool(&host->object_pool);
  memset(host->sept, 0, options->guest_pages * sizeof(uint64_t));
  for (uint32_t level = 1; level < 6; level++)
    memset(host->sept_linked[level], 0, (options->guest_pages >> (9 * (level - 1))) + 1);
  host->sept_tables = 0;
  memset(host->world_memory, 0, host->world_bytes);
  memset(host->task_memory, 0, options->tasks * host->task_stride);
  host->epoch = 1;
  host->world = host->kernel->world_create(host->world_memory, &config, &host->table);
  if (!host->world) return;
  for (uint32_t id = 0; id < options->tasks; id++) {
    struct host_task *task = &host->tasks[id];
    uint64_t points = task->points;
    memset(task, 0, sizeof(*task));
    task->points = points;
    task->point.reached = reached;
    task->host = host;
    task->id = id;
    task->deferred_tail = &task->deferred;
    task->kernel = host->kernel->task_create(
        host->task_memory + id * host->task_stride, host->world, task, &task->point);
  }
}

struct khost *khost_create(const struct stress_kernel *kernel, const struct khost_options *options) {
  struct khost *host = calloc(1, sizeof(*host));
  if (!host) return NULL;
  host->kernel = kernel;
  host->options = *options;
  host->epoch = 1;
  pthread_mutex_init(&host->lock, NULL);
  host->table = (struct stress_host){
      .version = STRESS_ABI_VERSION, .bytes = sizeof(host->table), .accessed = accessed, .looked_up = looked_up,
      .zapped = zapped, .lock = take, .unlock = leave, .yield_lock = yield_lock, .walked = walked,
      .ask = ask,
      .rcu_read_lock = read_section_begin,
      .rcu_read_unlock = read_section_end, .call_rcu = call_rcu_host, .rcu_barrier = barrier,
      .page_alloc = page_alloc, .page_free = page_free, .object_alloc = object_alloc, .object_free = object_free,
      .table_made = table_made, .seamcall = khost_seamcall, .request = request, .flush_tlbs = flush,
      .violation = violation, .finding = finding, .trace = trace, .print = print,
  };
  uint64_t pages = options->arena_pages;
  host->arena = reserve(pages * PAGE_BYTES);
  host->objects = reserve(pages * OBJECT_BYTES);
  host->page_private = reserve(pages * sizeof(uint64_t));
  host->page_state = calloc(pages, 1);
  host->object_state = calloc(pages, 1);
  host->pages = (struct pool){.ring = calloc(pages, 4), .unused = 1, .capacity = pages};
  host->object_pool = (struct pool){.ring = calloc(pages, 4), .unused = 1, .capacity = pages};
  host->events = calloc(EVENTS, sizeof(*host->events));
  host->sept = reserve(options->guest_pages * sizeof(uint64_t));
  for (uint32_t level = 1; level < 6; level++)
    host->sept_linked[level] = calloc((options->guest_pages >> (9 * (level - 1))) + 1, 1);
  struct stress_world_config config = config_of(host);
  host->world_bytes = kernel->world_bytes(&config);
  host->world_memory = reserve(host->world_bytes);
  host->task_stride = (kernel->task_bytes + 63) & ~63ul;
  host->task_memory = reserve(options->tasks * host->task_stride);
  host->tasks = aligned_alloc(64, options->tasks * sizeof(struct host_task));
  memset(host->tasks, 0, options->tasks * sizeof(struct host_task));
  khost_reset(host);
  if (!host->world) return NULL;
  if (options->guards_tables) khost_guard_begin(host);
  return host;
}

void khost_destroy(struct khost *host) {
  if (host->options.guards_tables) khost_guard_end(host);
  uint64_t pages = host->options.arena_pages;
  munmap(host->arena, pages * PAGE_BYTES);
  munmap(host->objects, pages * OBJECT_BYTES);
  munmap(host->page_private, pages * sizeof(uint64_t));
  munmap(host->sept, host->options.guest_pages * sizeof(uint64_t));
  munmap(host->world_memory, host->world_bytes);
  munmap(host->task_memory, host->options.tasks * host->task_stride);
  free(host->page_state);
  free(host->object_state);
  free(host->pages.ring);
  free(host->object_pool.ring);
  free(host->events);
  for (uint32_t level = 1; level < 6; level++) free(host->sept_linked[level]);
  free(host->tasks);
  free(host);
}

struct stress_world *khost_world(struct khost *host) { return host->world; }
struct stress_task *khost_task(struct khost *host, uint32_t task) { return host->tasks[task].kernel; }
uint64_t khost_points(const struct khost *host, uint32_t task) { return host->tasks[task].points; }
uint32_t khost_violations(const struct khost *host, struct stress_violation *first) {
  if (first) *first = host->first;
  return host->violations;
}
void khost_forget_violations(struct khost *host) { host->violations = 0; }
uint32_t khost_unannounced(const struct khost *host) { return host->unannounced; }
uint32_t khost_misplaced(const struct khost *host) { return host->misplaced; }
uint32_t khost_events(const struct khost *host, const struct khost_event **events) {
  *events = host->events;
  return host->event_count;
}
void khost_clear_events(struct khost *host) { host->event_count = 0; }
uint64_t khost_live_pages(const struct khost *host) { return host->pages.live; }
uint64_t khost_live_objects(const struct khost *host) { return host->object_pool.live; }
void khost_ask_every(struct khost *host, uint32_t every) { host->ask_every = every; }
