# shellcheck shell=bash
# The cache of kernel trees: where it is, what is in it, how a tree gets there whole or not at all. Sourced after
# common.sh, never run.

# The releases that the tool is meant for; each is tested where a tree of it is in the cache, and named where none is.
# shellcheck disable=SC2034  # used by those who source this
kernel_series=(6.12 6.16 6.17 6.18 6.19 7.0 7.1 7.2 7.3)

# Without either nothing can be there, nor come there.
kernel_cache=${XDG_CACHE_HOME:-${HOME:-/dev/null}/.cache}/stress/kernel-trees

# Prints the version that a tree's Makefile has, for example 7.3.4; fails where it is no kernel's.
kernel_version() {
  [[ -f $1/Makefile && -r $1/Makefile ]] || return 1
  awk '
    $1 ~ /^(VERSION|PATCHLEVEL|SUBLEVEL)$/ && $2 == "=" && !($1 in part) { part[$1] = $3 }
    FNR > 20 { exit }
    END {
      if (part["VERSION"] !~ /^[0-9]+$/ || part["PATCHLEVEL"] !~ /^[0-9]+$/) exit 1
      sublevel = part["SUBLEVEL"] ~ /^[0-9]+$/ ? part["SUBLEVEL"] : "0"
      print part["VERSION"] "." part["PATCHLEVEL"] "." sublevel
    }' "$1/Makefile"
}

# Prints name, version and path of each tree in the cache, tabs between them, the newest first.
kernel_trees() {
  local tree version
  for tree in "$kernel_cache"/*/; do
    tree=${tree%/}
    if version=$(kernel_version "$tree"); then printf '%s\t%s\t%s\n' "$(basename -- "$tree")" "$version" "$tree"; fi
  done | sort --field-separator=$'\t' --key=2,2Vr --key=1,1
}

# Prints those of kernel_trees that have mirror page tables: what a night and the mutants are about. One of direct roots
# alone is run where that is said.
kernel_trees_with_mirrors() {
  local name version tree
  while IFS=$'\t' read -r name version tree; do
    if has_mirrors "$tree"; then printf '%s\t%s\t%s\n' "$name" "$version" "$tree"; fi
  done < <(kernel_trees)
}

has_mirrors() { grep -qs KVM_MIRROR_ROOTS "$1/arch/x86/kvm/mmu/tdp_mmu.h"; }

# Prints the series of which no tree is in the cache, one a line.
kernel_series_absent() {
  local series versions
  versions=$(kernel_trees | cut -f 2)
  for series in "${kernel_series[@]}"; do
    if ! grep -q "^${series//./\\.}\." <<<"$versions"; then printf '%s\n' "$series"; fi
  done
}

# Takes the cache's lock and makes `work`, a folder in it that goes when the command ends. Commands started together
# take turns, so that one tree is brought once. The kernel releases the lock when its holder dies, however it dies; what
# a killed run left is swept by the next one. Prints nothing; returns 1 where the cache cannot be written.
kernel_cache_begin() {
  local lock
  mkdir -p -- "$kernel_cache" 2>/dev/null || return 1
  { exec {lock}>"$kernel_cache/.lock"; } 2>/dev/null || return 1
  flock "$lock"
  find "$kernel_cache" -maxdepth 1 -name '.unfinished.*' -exec rm -rf -- {} +
  work=$(mktemp -d -- "$kernel_cache/.unfinished.XXXXXX") || return 1
  trap 'rm -rf -- "$work"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
}
