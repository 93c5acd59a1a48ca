// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Search trees. Where a node goes is its user's decision; the colours keep a tree flat, and no result depends on them,
// so that there are none here. Nothing in it is a schedule point: its users hold a lock.
#pragma once

struct rb_node {
  unsigned long __rb_parent_color;
  struct rb_node *rb_right, *rb_left;
} __aligned(sizeof(long));
struct rb_root {
  struct rb_node *rb_node;
};
struct rb_root_cached {
  struct rb_root rb_root;
  struct rb_node *rb_leftmost;
};
#define RB_ROOT ((struct rb_root){NULL})
#define RB_ROOT_CACHED ((struct rb_root_cached){{NULL}, NULL})
#define rb_parent(node) ((struct rb_node *)(node)->__rb_parent_color)
#define rb_entry(pointer, type, member) container_of(pointer, type, member)
#define rb_entry_safe(pointer, type, member) \
  ({ __typeof__(pointer) rb_node_ = (pointer); rb_node_ ? rb_entry(rb_node_, type, member) : NULL; })
#define RB_EMPTY_ROOT(root) (READ_ONCE((root)->rb_node) == NULL)
#define RB_EMPTY_NODE(node) ((node)->__rb_parent_color == (unsigned long)(node))
#define RB_CLEAR_NODE(node) ((node)->__rb_parent_color = (unsigned long)(node))

static inline void rb_link_node(struct rb_node *node, struct rb_node *parent, struct rb_node **link) {
  *node = (struct rb_node){.__rb_parent_color = (unsigned long)parent};
  *link = node;
}
static inline void rb_insert_color(struct rb_node *node, struct rb_root *root) {}

static inline void stress_rb_replace(struct rb_root *root, struct rb_node *node, struct rb_node *with) {
  struct rb_node *parent = rb_parent(node);
  if (!parent) root->rb_node = with;
  else if (parent->rb_left == node) parent->rb_left = with;
  else parent->rb_right = with;
  if (with) with->__rb_parent_color = (unsigned long)parent;
}
static inline struct rb_node *stress_rb_end(struct rb_node *node, bool left) {
  while (node && (left ? node->rb_left : node->rb_right)) node = left ? node->rb_left : node->rb_right;
  return node;
}
static inline void rb_erase(struct rb_node *node, struct rb_root *root) {
  if (!node->rb_left || !node->rb_right) {
    stress_rb_replace(root, node, node->rb_left ? node->rb_left : node->rb_right);
    return;
  }
  struct rb_node *heir = stress_rb_end(node->rb_right, true);
  stress_rb_replace(root, heir, heir->rb_right);
  stress_rb_replace(root, node, heir);
  heir->rb_left = node->rb_left;
  heir->rb_right = node->rb_right;
  if (heir->rb_left) heir->rb_left->__rb_parent_color = (unsigned long)heir;
  if (heir->rb_right) heir->rb_right->__rb_parent_color = (unsigned long)heir;
}
static inline struct rb_node *rb_first(const struct rb_root *root) { return stress_rb_end(root->rb_node, true); }
static inline struct rb_node *rb_last(const struct rb_root *root) { return stress_rb_end(root->rb_node, false); }
static inline struct rb_node *stress_rb_step(const struct rb_node *node, bool next) {
  struct rb_node *child = next ? node->rb_right : node->rb_left;
  if (child) return stress_rb_end(child, next);
  struct rb_node *parent = rb_parent(node);
  while (parent && node == (next ? parent->rb_right : parent->rb_left)) {
    node = parent;
    parent = rb_parent(node);
  }
  return parent;
}
static inline struct rb_node *rb_next(const struct rb_node *node) { return stress_rb_step(node, true); }
static inline struct rb_node *rb_prev(const struct rb_node *node) { return stress_rb_step(node, false); }
static inline void rb_insert_color_cached(struct rb_node *node, struct rb_root_cached *root, bool leftmost) {
  if (leftmost) root->rb_leftmost = node;
}
static inline void rb_erase_cached(struct rb_node *node, struct rb_root_cached *root) {
  if (root->rb_leftmost == node) root->rb_leftmost = rb_next(node);
  rb_erase(node, &root->rb_root);
}
#define rb_first_cached(root) ((root)->rb_leftmost)
static inline void rb_add(
    struct rb_node *node, struct rb_root *root, bool (*less)(struct rb_node *, const struct rb_node *)) {
  struct rb_node **link = &root->rb_node, *parent = NULL;
  while (*link) {
    parent = *link;
    link = less(node, parent) ? &parent->rb_left : &parent->rb_right;
  }
  rb_link_node(node, parent, link);
}
static inline struct rb_node *rb_find(
    const void *key, const struct rb_root *root, int (*compare)(const void *, const struct rb_node *)) {
  struct rb_node *node = root->rb_node;
  while (node) {
    int order = compare(key, node);
    if (order == 0) return node;
    node = order < 0 ? node->rb_left : node->rb_right;
  }
  return NULL;
}
