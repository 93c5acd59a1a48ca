"""Past faults of a kernel, put back into a tree: what `stress explore` finds of each without being told where to look.

An entry is a file of edits, as a mutant is (see kernel_mutants.py). Beside them it has the subject of the fix, or that
it is as its fix describes, the year, what goes wrong, the rules that may see it, and what the first run of all found,
before anything was changed for its sake. `flags` are options that it takes; `equivalent` and `unseen` argue why it is
not found. `absent.json` lists faults that cannot be put back, with what that would take.
"""

import argparse
import json
import os
import pathlib
import signal
import statistics
import tempfile
import textwrap

import ends
from kernel_edits import NoMatch, edited_copy
from kernel_mutants import ended, judge, run_tool

ROOT = pathlib.Path(__file__).resolve().parents[2]
HISTORY = ROOT / "Tests" / "KernelHistory"
ABSENT = HISTORY / "absent.json"
DOCUMENT = ROOT / "docs" / "history.md"


def arguments():
    parser = ends.Parser("kernel-history", description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--tool", required=True, help=argparse.SUPPRESS)
    parser.add_argument("tree", type=pathlib.Path, help="a tree of Linux 7.3; nothing in it is changed")
    parser.add_argument("--seeds", type=int, default=1, help="campaigns for each fault, of seeds 1 to N")
    parser.add_argument("--schedules", type=int, default=2_000_000, help="length of each campaign")
    parser.add_argument(
        "--limit", type=float, default=60, help="seconds of one processor for each campaign, the build included")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="this fault; may be repeated")
    parser.add_argument("--write", action="store_true", help="write docs/history.md")
    return parser.parse_args()


def chosen(only):
    paths = [path for path in sorted(HISTORY.glob("*.json")) if path != ABSENT]
    entries = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}
    unknown = [name for name in only if name not in entries]
    if unknown:
        ends.refuse("kernel-history", f"no fault is named {', '.join(unknown)}")
    return {name: entry for name, entry in entries.items() if not only or name in only}


def campaigns(options, name, entry):
    """The results of an entry's campaigns, each as kernel_mutants has them."""
    with tempfile.TemporaryDirectory(prefix="stress-history-") as directory:
        scratch = pathlib.Path(directory)
        copy = scratch / "tree"
        edited_copy(options.tree.resolve(), copy, entry["edits"])
        words = ["explore", "--schedules", str(options.schedules), "--jobs", "1", *entry.get("flags", [])]
        results = []
        for seed in range(1, options.seeds + 1):
            tool = os.path.abspath(options.tool)
            result = run_tool(tool, copy, scratch, seed, words, options.limit, of_processor=True)
            results.append(result)
            line = f"{name:24} {seed:>4}  {figure(result):24} {result['processor']:>6.1f}  {word(entry, result)}"
            print(line.rstrip(), flush=True)
        return results


def figure(result):
    if result["status"] != "caught":
        return "-"
    found = result["reproduction"]
    return f"{result['checker']:7} {found['schedule'] + 1:>12,}" if found else result["checker"]


def word(entry, result):
    """What is to be said of one campaign; empty where it found the fault by a rule that may see it."""
    if result["status"] == "caught":
        return judge({"checkers": entry["checkers"]}, result)
    return "argued" if "equivalent" in entry or "unseen" in entry else result["status"].upper()


def row(entry, results):
    found = [result for result in results if result["status"] == "caught"]
    first = entry.get("first")
    cells = [
        f"\"{entry['fix']}\"" if entry["fix"].startswith("KVM") else "as its fix describes",
        str(entry["year"]), entry["summary"],
        ", ".join(sorted({result["checker"] for result in found})) or "-",
        f"{int(statistics.median(result['reproduction']['schedule'] + 1 for result in found)):,}" if found else "-",
        f"{len(found)} of {len(results)}",
        f"{first['schedules']:,}" if first else "not found",
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def document(options, entries, results):
    plain = [name for name in entries if results[name]]
    caught = [name for name in plain if all(result["status"] == "caught" for result in results[name])]
    asked = [name for name in caught if "flags" in entries[name]]
    vain = [name for name in plain if "equivalent" in entries[name]]
    measured = (
        f"Of {len(plain)} faults, {len(vain)} of which break nothing in 7.3, the default `stress explore` finds"
        f" {len(caught) - len(asked)} with each of {options.seeds} seeds, within {options.limit:.0f} seconds of one"
        f" core, its build and its minimising included{f', and {len(asked)} with an option' if asked else ''}."
        " \"First run\" is what it took when the fault was put back for the first time, with seed 1, before anything"
        " was changed for its sake."
    )
    lines = [
        "# Past faults", "",
        *textwrap.wrap(
            "Faults that the TDP MMU and KVM's TDX code once had, put back into Linux 7.3 as upstream had them or as"
            " their fixes describe them. `scripts/kernel-history` does that, and writes this page.", 120),
        "", *textwrap.wrap(measured, 120, break_on_hyphens=False), "",
        "| fix | year | what goes wrong | seen by | schedules, median | found | first run |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [row(entries[name], results[name]) for name in plain]
    argued = {name: entry for name, entry in entries.items() if {"flags", "equivalent", "unseen"} & entry.keys()}
    lines += ["", "## Argued", "", "| fault | why it is not found by the default |", "| --- | --- |"]
    for name, entry in argued.items():
        reason = entry.get("equivalent") or entry.get("unseen") or entry["because"]
        lines.append(f"| {entry['summary']} | {reason} |")
    lines += ["", "## What cannot be put back", "", "| fix | year | what it would take |", "| --- | --- | --- |"]
    for absent in json.loads(ABSENT.read_text(encoding="utf-8")):
        name = f"\"{absent['fix']}\"" if absent["fix"].startswith("KVM") else absent["fix"]
        lines.append(f"| {name} | {absent['year']} | {absent['takes']} |")
    return "\n".join(lines) + "\n"


def main():
    options = arguments()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ended)
    if not (options.tree / "Makefile").exists():
        ends.refuse("kernel-history", f"{options.tree} is no kernel tree")
    entries = chosen(options.only)
    print(f"{'fault':24} seed  rule, schedule          seconds of a processor", flush=True)
    results, unmatched = {}, []
    for name, entry in entries.items():
        try:
            results[name] = campaigns(options, name, entry)
        except NoMatch as error:
            print(f"{name:24}    -  NO MATCH {error}", flush=True)
            results[name] = []
            unmatched.append(name)
    bad = [
        name for name, entry in entries.items()
        if any(word(entry, result) not in ("", "argued") for result in results[name])
    ]
    found = sum(bool(each) and all(result["status"] == "caught" for result in each) for each in results.values())
    print(f"\n{found} of {len(entries)} found, {len(bad)} not as they must be{': ' if bad else ''}{', '.join(bad)}")
    if options.write and not options.only:
        DOCUMENT.write_text(document(options, entries, results), encoding="utf-8")
    if unmatched:
        return 2
    return 1 if bad else 0


if __name__ == "__main__":
    ends.run("kernel-history", main)
