"""Tries every token that is printed of a broken subject on the same subject unbroken.

A token that breaks a rule there blames somebody who is right. Of a kernel's token `stress regress` decides, on the tree
as it is: by the token's own schedule, and where that cannot be followed by 2,000 drawn ones of its episode. Of the
model's it is the tool's own `reference`, which does the same.
"""

import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import kernel_mutants


def run(tool, scratch, *words, limit):
    """Exit code, output and record of a run; the code is None where the limit ended it."""
    record = scratch / "record.json"
    record.unlink(missing_ok=True)
    environment = dict(os.environ, XDG_CACHE_HOME=str(scratch / "cache"), SWIFT_BACKTRACE="enable=no")
    try:
        done = subprocess.run(
            [tool, *words], cwd=scratch, env=environment, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return None, "", None
    text = done.stdout + done.stderr
    return done.returncode, text, json.loads(record.read_text(encoding="utf-8")) if record.exists() else None


def explore(tool, scratch, options, seed, *words):
    return run(
        tool, scratch, "explore", "--schedules", str(options.schedules), "--jobs", "1", "--seed", str(seed), "--quiet",
        "--json", "record.json", *words, limit=options.limit)


def reproduction(record):
    """Of the record's first violation, if it has a token."""
    violations = record["violations"] if record else []
    found = violations[0]["reproduction"] if violations else None
    return found if found and found["token"] else None


class Sums:
    def __init__(self):
        self.parts = collections.Counter()
        self.bad = []

    def count(self, part, name, word, text=""):
        """`word` is `passes`, `no token`, or what is wrong."""
        self.parts[part, word] += 1
        if word not in ("passes", "no token"):
            self.bad.append(f"{part}: {name}: {word} {text}".strip())

    def tell(self, part):
        counts = {word: number for (of, word), number in self.parts.items() if of == part}
        print(f"{part}: " + ", ".join(f"{number} {word}" for word, number in sorted(counts.items())), flush=True)


def model(tool, options, sums):
    listed = subprocess.run([tool, "list", "mutants"], capture_output=True, text=True, check=True).stdout
    names = [line.split()[0] for line in listed.splitlines() if line and not line.startswith(" ")]
    with tempfile.TemporaryDirectory(prefix="stress-tokens-") as directory:
        scratch = pathlib.Path(directory)
        for name in names:
            for seed in range(1, options.seeds + 1):
                code, text, record = explore(tool, scratch, options, seed, "--mutant", name)
                found = reproduction(record)
                if code not in (0, 1):
                    sums.count("model", name, f"exit {code}", text[-300:])
                elif not found:
                    sums.count("model", name, "no token")
                else:
                    reference = found["reference"]
                    passes = reference and not reference["checker"] and not reference["problem"]
                    sums.count("model", name, "passes" if passes else "FAILS UNBROKEN", found["token"])
    sums.tell("model")


def regress(tool, scratch, tree, token, limit):
    """What the token does on a tree: `passes`, or what is wrong."""
    folder = scratch / "tokens"
    folder.mkdir(exist_ok=True)
    (folder / "token.txt").write_text(token + "\n", encoding="utf-8")
    code, text, _ = run(tool, scratch, "regress", "tokens", "--kernel-tree", str(tree), limit=limit)
    if code == 0:
        return "passes"
    return "FAILS UNBROKEN" if code == 1 else f"exit {code}: {text.strip().splitlines()[0] if text.strip() else ''}"


def kernel(tool, tree, options, sums):
    part = tree.name
    with tempfile.TemporaryDirectory(prefix="stress-tokens-") as directory:
        scratch = pathlib.Path(directory)
        for seed in range(1, options.seeds + 1):
            code, text, _ = explore(tool, scratch, options, seed, "--kernel-tree", str(tree))
            sums.count(part + " as it is", f"seed {seed}", "passes" if code == 0 else f"exit {code}", text[-300:])
        sums.tell(part + " as it is")
        for name, mutant in kernel_mutants.chosen(options.only).items():
            copy = scratch / name
            try:
                kernel_mutants.break_tree(tree, copy, mutant["edits"])
            except kernel_mutants.NoMatch:
                sums.parts[part, "edits fit no place"] += 1
                continue
            words = ["--scenario", mutant.get("scenario", "all"), *mutant.get("flags", []), "--kernel-tree", str(copy)]
            for seed in range(1, options.seeds + 1):
                code, text, record = explore(tool, scratch, options, seed, *words)
                found = reproduction(record)
                if code is None:
                    sums.count(part, name, "no token")
                elif code not in (0, 1):
                    sums.count(part, name, f"exit {code}", text[-300:])
                elif not found:
                    sums.count(part, name, "no token")
                elif found["verified"] != found["replays"]:
                    sums.count(part, name, "NOT VERIFIED")
                else:
                    sums.count(part, name, regress(tool, scratch, tree, found["token"], options.limit), found["token"])
    sums.tell(part)


def main():
    parser = argparse.ArgumentParser(prog="tokens", description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--tool", required=True, help=argparse.SUPPRESS)
    parser.add_argument("trees", nargs="*", type=pathlib.Path, help="kernel trees; nothing in them is changed")
    parser.add_argument("--seeds", type=int, default=1, help="campaigns for each mutant, of seeds 1 to N")
    parser.add_argument("--schedules", type=int, default=20_000, help="length of each campaign")
    parser.add_argument("--limit", type=float, default=180, help="seconds for each, with the build included")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="this kernel mutant; repeatable")
    parser.add_argument("--no-model", action="store_true", help="leave the model's mutants out")
    options = parser.parse_args()
    tool, sums = os.path.abspath(options.tool), Sums()
    if not options.no_model:
        model(tool, options, sums)
    for tree in options.trees:
        kernel(tool, tree.resolve(), options, sums)
    for line in sums.bad:
        print(line)
    return 1 if sums.bad else 0


if __name__ == "__main__":
    sys.exit(main())
