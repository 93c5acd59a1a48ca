# shellcheck shell=bash
# What the commands in scripts/ share: messages, the toolchain and package checks, and a release build that costs
# nothing when nothing changed. Sourced, never run.

# Every command works from any directory, so paths start here and nothing changes directory: a relative path among the
# arguments keeps meaning what the caller meant.
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
# SwiftPM names the test product after the package.
test_product=stressPackageTests
build_flags=(--configuration release --explicit-target-dependency-import-check error)
# 70 is this tool's harness fault (EX_SOFTWARE); a command whose exit code means something else sets its own.
failure_status=${failure_status:-70}

say() { printf '%s: %s\n' "$(basename -- "$0")" "$*" >&2; }

fail() {
  say "$@"
  exit "$failure_status"
}

# What ends a command by `set -e` ends it with its own code for that: bash's would be 1, which is a violation. In a
# subshell nothing is said; whoever waits for it does.
set -o errtrace
trap 'broken "$?" "$LINENO" "$BASH_COMMAND"' ERR
broken() {
  if ((BASH_SUBSHELL == 0)); then say "line $2: '$3' ended with $1"; fi
  exit "$failure_status"
}

# Runs a command with its output held back, and shows all of it when the command fails. The command runs in the
# background because bash delivers a signal only after a foreground command has ended.
run_quietly() {
  local log child status=0
  log=$(mktemp) || fail "no temporary file can be made in ${TMPDIR:-/tmp}"
  "$@" >"$log" 2>&1 </dev/null &
  child=$!
  # shellcheck disable=SC2064  # the values of now are wanted, not those of when the signal arrives
  trap "interrupted $child '$log' 130" INT
  # shellcheck disable=SC2064
  trap "interrupted $child '$log' 143" TERM
  # shellcheck disable=SC2064
  trap "interrupted $child '$log' 129" HUP
  wait "$child" || status=$?
  trap - INT TERM HUP
  if ((status != 0)); then cat -- "$log" >&2; fi
  rm -f -- "$log"
  return "$status"
}

interrupted() {
  local child=$1 log=$2 status=$3
  trap '' INT TERM HUP
  kill -TERM "$child" 2>/dev/null || true
  wait "$child" 2>/dev/null || true
  rm -f -- "$log"
  exit "$status"
}

require_swift() {
  local advice="install Swift 6.2 or newer (swift.org/install)" version
  command -v swift >/dev/null || fail "no Swift toolchain found: $advice"
  version=$(swift --version 2>/dev/null || true)
  [[ $version =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]] || fail "swift --version names no version: $advice"
  if ((BASH_REMATCH[1] < 6 || (BASH_REMATCH[1] == 6 && BASH_REMATCH[2] < 2))); then
    fail "Swift ${BASH_REMATCH[1]}.${BASH_REMATCH[2]} is too old: $advice"
  fi
}

# Asks the compiler where it can, as a header may have been installed by other means than the package.
has_header() {
  local compiler
  for compiler in clang cc; do
    if command -v "$compiler" >/dev/null; then
      "$compiler" -fsyntax-only -include "$1" -x c /dev/null 2>/dev/null
      return
    fi
  done
  [[ -e /usr/include/$1 ]]
}

# require_packages PROBE=PACKAGE...: installs each package whose probe (header:NAME or command:NAME) finds nothing, or
# says how and stops.
require_packages() {
  local pair probe missing=() as_root=()
  for pair in "$@"; do
    probe=${pair%%=*}
    case $probe in
      header:*) has_header "${probe#*:}" || missing+=("${pair#*=}") ;;
      command:*) command -v "${probe#*:}" >/dev/null || missing+=("${pair#*=}") ;;
    esac
  done
  if ((${#missing[@]} == 0)); then return; fi
  command -v apt-get >/dev/null || fail "needs what Debian packages as: ${missing[*]}; install it and run again"
  if (($(id -u) != 0)); then
    as_root=(sudo -n)
    "${as_root[@]}" true 2>/dev/null || fail "run 'sudo apt-get install -y ${missing[*]}' and try again"
  fi
  say "installing ${missing[*]} with apt-get"
  run_quietly install_packages ${as_root[@]+"${as_root[@]}"} -- "${missing[@]}" ||
    fail "the installation failed: run 'sudo apt-get install -y ${missing[*]}' and try again"
}

# install_packages [SUDO...] -- PACKAGE...: fresh machines have empty package lists, others need no update. The lock
# timeout lets two commands started together take turns.
install_packages() {
  local elevate=()
  while [[ $1 != -- ]]; do
    elevate+=("$1")
    shift
  done
  shift
  local apt=(${elevate[@]+"${elevate[@]}"} env DEBIAN_FRONTEND=noninteractive
    apt-get --quiet --yes -o DPkg::Lock::Timeout=300)
  "${apt[@]}" install --no-install-recommends "$@" && return
  "${apt[@]}" update && "${apt[@]}" install --no-install-recommends "$@"
}

# One line that changes when a file that goes into a product is added, deleted, renamed or written, or when another
# toolchain comes first in PATH. Sizes and times only: contents would cost more than SwiftPM's own check.
build_signature() {
  {
    printf '%s\n' "${build_flags[*]}"
    stat --dereference --format '%n %s %Y' -- "$(command -v swift || echo /)"
    find "$root/Package.swift" "$root/CAtomics" "$root/Sources" "$root/Expected" "$@" -type f \
      -printf '%p %s %T@\n' | LC_ALL=C sort
  } | cksum
}

# build_product PRODUCT OUTPUT [MORE-INPUTS...]: builds unless the stamp of an earlier build says that nothing changed.
# The signature is taken before the build, so that a file saved while it runs counts as changed.
build_product() {
  local product=$1 output=$root/.build/release/$2 stamp=$root/.build/$1.stamp signature
  shift 2
  signature=$(build_signature "$@")
  # One that cannot be read is of no use, and no reason to stop.
  if [[ -e $output && -f $stamp && -r $stamp && $(<"$stamp") == "$signature" ]]; then return; fi
  require_writable_build
  require_swift
  require_packages header:atomic_ops.h=libatomic-ops-dev command:git=git
  if [[ -e $output ]]; then say "building $product"; else say "building $product (a minute or two, this once)"; fi
  run_quietly swift build --package-path "$root" "${build_flags[@]}" --product "$product" || fail "the build failed"
  # Renamed into place, so that a command started beside this one never reads half a stamp. With the mode that the umask
  # gives: other users may run what this one has built.
  { printf '%s\n' "$signature" >"$stamp.$$" && mv -f -- "$stamp.$$" "$stamp"; } 2>/dev/null || {
    rm -f -- "$stamp.$$"
    fail "$stamp cannot be written; is the disk full?"
  }
}

# A checkout that another user has built can be run, and not built, by this one.
require_writable_build() {
  local folder=$root/.build
  if [[ ! -e $folder ]]; then folder=$root; fi
  if [[ ! -w $folder ]]; then
    fail "it has to be built, and $(id -un) cannot write to $folder: build it as $(stat --format %U -- "$folder")"
  fi
}

# Notes beside the tool which commit it was built from, for its records: size and time of the executable, the commit,
# `changed` where the sources differ from it, and the executable's digest. What git does not tell, or cannot be written,
# is left out.
note_commit() {
  local output=$1 note=$1.commit commit changed=
  commit=$(git -C "$root" rev-parse --verify --quiet HEAD 2>/dev/null) || return 0
  if [[ -n $(git -C "$root" status --porcelain -- Package.swift CAtomics Sources Expected 2>/dev/null) ]]; then
    changed=' changed'
  fi
  commit="$(stat --dereference --format '%s %Y' -- "$output") $commit$changed"
  [[ -f $note && $(<"$note") == "$commit sha256:"* ]] ||
    printf '%s sha256:%s\n' "$commit" "$(sha256sum <"$output" | cut -d ' ' -f 1)" 2>/dev/null >"$note" || true
}

# Sets STRESS where it is not set: to a build of this checkout, or, where there is no Swift, to a package's.
provide_stress() {
  local packaged
  if [[ -n ${STRESS:-} ]]; then return; fi
  if ! command -v swift >/dev/null && packaged=$(packaged_stress); then
    STRESS=$packaged
    return
  fi
  build_stress
  STRESS=$root/.build/release/stress
}

# Prints where the tool is that a package has put into PATH. Distributions have a load generator of the same name.
packaged_stress() {
  local found
  found=$(command -v stress) || return 1
  found=$(readlink -f -- "$found")
  [[ -d $(dirname -- "$found")/stress_KernelMMU.resources ]] || return 1
  printf '%s\n' "$found"
}

build_stress() {
  build_product stress stress
  note_commit "$root/.build/release/stress"
}
build_tests() { build_product "$test_product" "$test_product.xctest" "$root/Tests"; }
