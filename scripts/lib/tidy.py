"""Style as a test: the rules that no formatter knows, each with a sentence that says what to do instead.

Reads every file that git tracks or would track, prints one line a breach and exits 1 when there is one.
"""

import pathlib
import re
import subprocess

import ends

LINE_LIMIT = 120
FILE_LIMIT = 400

# Pattern, the files it holds for, and what to do. A file is named by its path from the root of the repository.
BANNED = [
    (r"\b(TODO|FIXME)\b", r"\.(swift|c|h|sh)$|^scripts/([a-z]+/)?[a-z-]+$|^\.ci/", "finish it, or open an issue"),
    (r"\btry!|\bfatalError\(", r"\.swift$", "throw, or preconditionFailure() with a sentence"),
    (r"(?<![\w.])print\(", r"^(Sources/(?!stress/)|Tests/).*\.swift$", "only the command prints"),
    (
        r"\bwithoutActuallyEscaping\(", r"^Sources/.*\.swift$",
        "take an @escaping closure: the length of the checkout's path would be in the executable, see docs/packages.md",
    ),
    (r"@testable\b", r"\.swift$", "use `package` access: the tests share the release build"),
    (r"https?://", r"^(scripts|\.ci)/", "name the site without its address"),
    (r"(?<![\w.])/(home|root|tmp)/", r"^(?!Tests/)", "a path of one machine"),
]

# What is compiled together with a kernel: its licence has to be one that goes with the kernel's.
WITH_KERNEL = re.compile(r"^Sources/KernelMMU/(Resources|ABI)/")
LICENCE = "SPDX-License-Identifier: MIT OR GPL-2.0-only"
# Texts of others, kept as they are.
VERBATIM = re.compile(r"^LICENSES/")


def tracked_files():
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], check=True, stdout=subprocess.PIPE
    ).stdout
    paths = (pathlib.Path(name) for name in listing.decode().split("\0") if name)
    return sorted(path for path in paths if path.is_file() and not VERBATIM.match(path.as_posix()))


def breaches(name, text):
    lines = text.split("\n")
    is_source = re.search(r"\.(swift|c|h|js)$", name)
    if text and not text.endswith("\n"):
        yield len(lines), "ends without a newline"
    if text.endswith("\n\n"):
        yield len(lines) - 1, "ends with a blank line"
    if is_source and len(lines) - 1 > FILE_LIMIT:
        yield len(lines) - 1, f"more than {FILE_LIMIT} lines: split it by aspect"
    if name.startswith("Sources/") and is_source:
        if not any(line.lstrip().startswith(("//", "/*")) and LICENCE not in line for line in lines[:10]):
            yield 1, "says in no comment within its first 10 lines what it is for"
    if WITH_KERNEL.match(name) and not lines[0].endswith(f" {LICENCE}"):
        yield 1, f"is compiled with kernel code: its first line is a comment, {LICENCE}"
    limited = is_source or re.search(r"\.(sh|py|md|css|ya?ml)$|^(scripts/([a-z]+/)?[a-z-]+|\.ci/run)$", name)
    fenced = False
    for number, line in enumerate(lines, 1):
        if line != line.rstrip():
            yield number, "trailing whitespace"
        fenced ^= name.endswith(".md") and line.startswith("```")
        # A table row and a command in a comment cannot be broken, and output in a fence is quoted as it was.
        whole = name.endswith(".md") and line.startswith(("|", "<!-- stress "))
        if limited and len(line) > LINE_LIMIT and not fenced and not whole:
            yield number, f"longer than {LINE_LIMIT} characters"
        for pattern, where, advice in BANNED:
            match = re.search(pattern, line)
            if match and re.search(where, name):
                yield number, f"`{match.group()}`: {advice}"


def main():
    count = 0
    for path in tracked_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, message in breaches(path.as_posix(), text):
            print(f"{path}:{number}: {message}")
            count += 1
    return 1 if count else 0


ends.run("tidy", main)
