# shellcheck shell=bash
# Debian's linux-source-VERSION, brought into the folder `work`. Sourced by scripts/kernel-tree, never run: `work` and
# unavailable() are its own.

bring_debian() {
  local version=$1 keyring='' mirror candidate suite log package archive
  # The mirror that this machine uses already; nothing else is known to be reachable.
  mirror=$(
    find /etc/apt/sources.list /etc/apt/sources.list.d -type f \( -name '*.list' -o -name '*.sources' \) \
      -exec grep -hoE '^(URIs:[[:space:]]*|deb[[:space:]].*)[a-z+]+://[^[:space:]]+/debian/?([[:space:]]|$)' {} + \
      2>/dev/null | grep -oE '[a-z+]+://[^[:space:]]+' | head -n 1 || true
  )
  [[ -n $mirror ]] || unavailable "no Debian mirror among this machine's apt sources"
  for candidate in /usr/share/keyrings/debian-archive-keyring.{pgp,gpg}; do
    if [[ -r $candidate ]]; then keyring=$candidate; fi
  done
  [[ -n $keyring ]] || unavailable "this machine has no Debian archive keyring"

  # A configuration of its own: the machine's lists and sources stay as they are.
  # shellcheck disable=SC2154  # work is the caller's
  mkdir -p -- "$work/lists/partial" "$work/cache/archives/partial" "$work/download"
  : >"$work/status"
  for suite in sid trixie-backports trixie bookworm-backports; do
    printf 'deb [signed-by=%s] %s %s main\n' "$keyring" "$mirror" "$suite"
  done >"$work/sources.list"
  local apt=(
    -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$work/lists" -o "Dir::State::Status=$work/status" -o "Dir::Cache=$work/cache"
    -o APT::Sandbox::User= -o Acquire::Languages=none -o Acquire::Retries=1
    -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 -o Debug::NoLocking=true
  )

  say "bringing Debian's linux-source-$version (about 165 MB, this once)"
  log=$work/log
  # A suite that a mirror has dropped is no reason to stop: the package decides.
  apt-get "${apt[@]}" --quiet update >"$log" 2>&1 || true
  cd -- "$work/download" || unavailable "$work cannot be entered"
  apt-get "${apt[@]}" --quiet download "linux-source-$version" >>"$log" 2>&1 ||
    unavailable "apt-get: $(grep -E '^[EW]:' "$log" | tail -n 1)"

  # apt-get takes a name that it does not find for a pattern, and 6.1 would bring 6.12.
  package=$(find . -name "linux-source-${version}_*.deb")
  [[ -n $package ]] || unavailable "the archive has no linux-source-$version"

  # The package's payload is streamed through, because half a gigabyte need not be written twice.
  archive=usr/src/linux-source-$version.tar.xz
  dpkg-deb --fsys-tarfile "$package" | tar --extract --file - "./$archive" ||
    unavailable "the package holds no $archive"
  rm -f -- "$package"
  mkdir -- "$work/tree"
  tar --extract --xz --file "$archive" --directory "$work/tree" --strip-components=1 \
    linux-source-"$version"/{arch/x86,include,tools/testing/kunit,Makefile} ||
    unavailable "$archive could not be unpacked"
}
