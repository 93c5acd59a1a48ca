// Proof that every touch of a linked table is announced: linked tables are inaccessible but for the one page that the
// last schedule point named, until the next call to the host.
#define _GNU_SOURCE
#include "host.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>

// The last host that began; others that are there at the same time only keep the handler.
static struct khost *guarded;
static uint32_t guards;
static struct sigaction previous;

static void protect(void *page, bool open) { mprotect(page, PAGE_BYTES, open ? PROT_READ | PROT_WRITE : PROT_NONE); }

static void fault(int signal, siginfo_t *information, void *context) {
  struct khost *host = guarded;
  uint8_t *page = (uint8_t *)((uint64_t)information->si_addr & ~(uint64_t)(PAGE_BYTES - 1));
  if (!host || !in_arena(host, page)) {
    sigaction(SIGSEGV, &previous, NULL);
    return;
  }
  host->unannounced++;
  khost_guard_close(host);
  protect(page, true);
  host->open_page = page;
}

void khost_guard_begin(struct khost *host) {
  struct sigaction action = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO};
  guarded = host;
  // A second one must not take this handler for what was there before: it would stay for good.
  if (guards++ == 0) sigaction(SIGSEGV, &action, &previous);
}

void khost_guard_end(struct khost *host) {
  khost_open_tables(host, true);
  if (guarded == host) guarded = NULL;
  if (--guards == 0) sigaction(SIGSEGV, &previous, NULL);
}

void khost_guard_close(struct khost *host) {
  if (!host->open_page) return;
  if (host->page_state[(host->open_page - host->arena) / PAGE_BYTES] == 2) protect(host->open_page, false);
  host->open_page = NULL;
}

void khost_guard_point(struct host_task *task, const volatile void *address) {
  struct khost *host = task->host;
  khost_guard_close(host);
  if (!in_arena(host, address)) return;
  host->open_page = (uint8_t *)((uint64_t)address & ~(uint64_t)(PAGE_BYTES - 1));
  uint64_t page = (host->open_page - host->arena) / PAGE_BYTES;
  if (host->page_state[page] == 2) protect(host->open_page, true);
  // A root is linked by no entry: it counts as linked from its first announced access on.
  if (host->page_state[page] == 1) host->page_state[page] = 2;
}

// A present entry of a table was written: the table that it points to is linked now.
void khost_guard_linked(struct khost *host, uint64_t entry, uint32_t level) {
  uint8_t *page = host->arena + (((entry & 0xffffffffff000ULL) >> 12) - (1ULL << 30)) * PAGE_BYTES;
  if (!(entry & 1 << 11) || !in_arena(host, page)) return;
  uint64_t index = (page - host->arena) / PAGE_BYTES;
  if (host->page_state[index] != 1) return;
  host->page_state[index] = 2;
  protect(page, false);
}

void khost_open_tables(struct khost *host, bool open) {
  if (!host->options.guards_tables) return;
  khost_guard_close(host);
  for (uint64_t page = 1; page < host->options.arena_pages; page++)
    if (host->page_state[page] == 2) protect(host->arena + page * PAGE_BYTES, open);
}
