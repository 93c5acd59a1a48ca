// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Static keys: variables here, as no code is patched. Switching one is a schedule point, as it is visible to others.
#pragma once

struct static_key {
  int enabled;
};
struct static_key_true {
  struct static_key key;
};
struct static_key_false {
  struct static_key key;
};
#define STATIC_KEY_INIT_TRUE {.enabled = 1}
#define STATIC_KEY_INIT_FALSE {.enabled = 0}
#define DEFINE_STATIC_KEY_TRUE(name) struct static_key_true name = {.key = STATIC_KEY_INIT_TRUE}
#define DEFINE_STATIC_KEY_FALSE(name) struct static_key_false name = {.key = STATIC_KEY_INIT_FALSE}
#define DEFINE_STATIC_KEY_TRUE_RO(name) DEFINE_STATIC_KEY_TRUE(name)
#define DEFINE_STATIC_KEY_FALSE_RO(name) DEFINE_STATIC_KEY_FALSE(name)
#define DECLARE_STATIC_KEY_TRUE(name) extern struct static_key_true name
#define DECLARE_STATIC_KEY_FALSE(name) extern struct static_key_false name
#define STRESS_KEY(key_) (*(volatile int *)&(key_)->key.enabled)
#define static_branch_likely(key_) likely(STRESS_KEY(key_))
#define static_branch_unlikely(key_) unlikely(STRESS_KEY(key_))
#define static_key_enabled(key_) (STRESS_KEY(key_) != 0)
#define static_branch_enable(key_) WRITE_ONCE((key_)->key.enabled, 1)
#define static_branch_disable(key_) WRITE_ONCE((key_)->key.enabled, 0)

// Mitigations of a processor that is not affected.
#define cpu_buf_vm_clear ((struct static_key_false){.key = STATIC_KEY_INIT_FALSE})
