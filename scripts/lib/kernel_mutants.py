"""Breaks a copy of a kernel tree in one way at a time and looks whether `stress explore`, or `run`, finds it.

A mutant is a file of edits: in FILE, in the definition of FUNCTION, the one place that reads FIND becomes REPLACE.
An edit that fits no place or several ends the run with 2, as what it would prove is then unknown; but not in a tree
older than the release that the mutants are written for, of which it is said how many fit and build. The copy is made
of links to the tree, except for what is edited.

Beside its edits a file holds a summary, the checkers that may fire, the scenario if it takes one that `all` leaves out,
and, where it is not meant to be caught, the reason:
`equivalent` (no schedule can show it) or `unseen` (no checker looks there; it counts as a survivor all the same).

`flags` are options of `stress explore` that it takes to find it. With --plain-accesses or --check-data-races among them
a second row shows that it is not found without, in ten times as many schedules, and in at least 10,000.
"""

import argparse
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time

import ends
from kernel_edits import NoMatch, edited_copy

# The release that the mutants are written for.
NEWEST = (7, 3)
# Of `stress kernel doctor`.
UNBUILDABLE = 125

MUTANTS = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "KernelMutants"


PLAIN = {"--plain-accesses", "--check-data-races"}


def campaign(options, scenario, flags):
    """The command of a campaign, but for tree, seed and record. Minutes of time are for build and bridge."""
    if options.threads:
        words = ["run", "--threads", str(options.threads), "--seconds", str(options.limit)]
        # What only schedules can be asked for is left out.
        words += [] if PLAIN.isdisjoint(flags) else ["--plain-accesses"]
        return words + ([] if options.bridge else ["--no-bridge"]), options.limit + 180
    words = ["explore", "--scenario", scenario, "--schedules", str(options.schedules), "--jobs", "1"]
    return words + flags, options.limit


def processor_seconds(group):
    """What the processes of a group, and those of them that have ended, have used of the processors."""
    ticks = 0
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group:
            ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def run_within(command, limit, **options):
    """As subprocess.run() with a limit, which is one of processor seconds: how much else runs has no say in it.

    A command that waits is ended all the same, after ten times as long.
    """
    with tempfile.TemporaryFile() as output, subprocess.Popen(
            command, stdout=output, stderr=output, start_new_session=True, **options) as process:
        end = time.monotonic() + 10 * limit
        try:
            while process.poll() is None:
                if time.monotonic() > end or processor_seconds(process.pid) > limit:
                    raise subprocess.TimeoutExpired(command, limit)
                time.sleep(0.1)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        output.seek(0)
        return subprocess.CompletedProcess(command, process.returncode, output.read(), b"")


def run_tool(tool, copy, scratch, seed, words, limit, of_processor=False):
    """What one campaign came to, as a dictionary with `status` and, where a rule was broken, the failure's numbers."""
    record_path = scratch / "record.json"
    record_path.unlink(missing_ok=True)
    command = [
        tool, *words, "--kernel-tree", str(copy), "--seed", str(seed), "--quiet", "--json", str(record_path),
    ]
    environment = dict(os.environ, XDG_CACHE_HOME=str(scratch / "cache"), SWIFT_BACKTRACE="enable=no")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    try:
        if of_processor:
            run = run_within(command, limit, cwd=scratch, env=environment)
        else:
            run = subprocess.run(command, cwd=scratch, env=environment, capture_output=True, timeout=limit, check=False)
        code, message = run.returncode, (run.stdout + run.stderr).decode(errors="replace")
    except subprocess.TimeoutExpired:
        code, message = None, ""
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = {
        "seconds": time.monotonic() - start,
        "processor": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "message": message,
    }
    if code is None:
        return result | {"status": "timeout"}
    if code not in (0, 1) or not record_path.exists():
        return result | {"status": "crashed" if code < 0 or code >= 128 else f"exit {code}"}
    record = json.loads(record_path.read_text(encoding="utf-8"))
    if not record["violations"]:
        return result | {"status": "survived"}
    violation = record["violations"][0]
    return result | {
        "status": "caught", "checker": violation["checker"], "round": violation["round"],
        "reproduction": violation["reproduction"],
    }


def judge(mutant, result):
    """The row's last word, empty where all is as the mutant's file says."""
    equivalent = "equivalent" in mutant
    if result["status"] != "caught":
        # A campaign that the limit ended has found nothing either.
        return "" if equivalent and result["status"] in ("survived", "timeout") else result["status"].upper()
    reproduction = result["reproduction"]
    if equivalent:
        return "NOT EQUIVALENT"
    if result["checker"] not in mutant["checkers"]:
        return "OTHER CHECKER"
    # Threads need not be followed by a schedule.
    if not reproduction or not reproduction["token"] and "bridgedSchedules" in reproduction:
        return ""
    return "" if reproduction["verified"] == reproduction["replays"] else "NOT VERIFIED"


def annotated_alone(tool, copy, scratch, seed, options, mutant, result):
    """The same without plain accesses, and the cells that tell of it; None where that says nothing."""
    flags = [flag for flag in mutant.get("flags", []) if flag not in PLAIN]
    if flags == mutant.get("flags", []) or result["status"] != "caught" or options.threads:
        return None
    schedules = min(options.schedules, max(10_000, 10 * (result["reproduction"]["schedule"] + 1)))
    words = ["explore", "--schedules", str(schedules), "--jobs", "1", *flags]
    without = run_tool(tool, copy, scratch, seed, words, options.limit)
    return without, ["  without", str(seed), "-", f"{schedules:,}", "-", "-", f"{without['seconds']:.1f}"]


def row(name, seed, mutant, result):
    cells = [name, str(seed)]
    if result["status"] == "caught":
        found = result["reproduction"]
        if found:
            cells += [
                result["checker"], f"{found['schedule'] + 1:,}", size(found), f"{found['verified']}/{found['replays']}",
            ]
        else:
            cells += [result["checker"], f"round {result['round']}", "-", "-"]
    else:
        cells += ["-", "-", "-", "-"]
    word = judge(mutant, result)
    if word in ("SURVIVED", "TIMEOUT") and "unseen" in mutant:
        word += f" {mutant['unseen']}"
    return cells + [f"{result['seconds']:.1f}", word or ("equivalent" if "equivalent" in mutant else "")]


def size(reproduction):
    """Operations and preemptions of the minimised schedule."""
    minimised = reproduction.get("minimized") or reproduction["found"]
    return f"{minimised['operations']}+{minimised['preemptions']}"


def print_row(cells):
    numbers = f"{cells[3]:>9} {cells[4]:>10} {cells[5]:>8} {cells[6]:>7}"
    print(f"{cells[0]:22} {cells[1]:>4}  {cells[2]:7} {numbers}  {cells[7]}".rstrip(), flush=True)


def arguments():
    parser = ends.Parser("kernel-mutants", description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--tool", required=True, help=argparse.SUPPRESS)
    # What scripts/kernel-mutants finds in the cache of kernel trees, and the releases that it does not find there.
    parser.add_argument(
        "--cached-tree", type=pathlib.Path, action="append", default=[], dest="cached_trees", help=argparse.SUPPRESS)
    parser.add_argument("--absent-series", action="append", default=[], help=argparse.SUPPRESS)
    parser.add_argument(
        "trees", metavar="tree", type=pathlib.Path, nargs="*",
        help="a kernel tree; nothing in it is changed (default: those of scripts/kernel-tree list)")
    parser.add_argument("--seeds", type=int, default=1, help="campaigns for each mutant, of seeds 1 to N")
    parser.add_argument("--schedules", type=int, default=1_000_000, help="length of each campaign")
    parser.add_argument(
        "--limit", type=float, default=60, help="seconds for each campaign; of schedules with the build included")
    parser.add_argument("--threads", type=int, metavar="N", help="race so many threads instead of running schedules")
    parser.add_argument("--bridge", action="store_true", help="look for a schedule of what threads have found")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="this mutant; may be repeated")
    parser.add_argument("--verbose", action="store_true", help="what the tool said of those that did not go well")
    return parser.parse_args()


def chosen(only):
    mutants = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(MUTANTS.glob("*.json"))}
    unknown = [name for name in only if name not in mutants]
    if unknown:
        ends.refuse("kernel-mutants", f"no mutant is named {', '.join(unknown)}")
    return {name: mutant for name, mutant in mutants.items() if not only or name in only}


def ended(number, _):
    """So that the copy goes and the tool is ended, as with an interrupt; `timeout` signals twice."""
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)


def release(tree):
    """Version and patch level, as the Makefile has them."""
    try:
        text = (tree / "Makefile").read_text(encoding="utf-8", errors="replace")
        return tuple(int(re.search(rf"^{word} = (\d+)$", text, re.M)[1]) for word in ("VERSION", "PATCHLEVEL"))
    except (OSError, TypeError):
        return ends.refuse("kernel-mutants", f"{tree} is no kernel tree")


class Tally:
    """What came of the mutants of one tree, over all seeds."""

    def __init__(self, tree, version):
        self.version = version
        self.tree, self.fit, self.unmatched, self.equivalent, self.caught, self.bad = tree, 0, [], 0, 0, []
        # The most that a campaign which caught its mutant has used of the processors.
        self.longest = 0.0
        # Campaigns of which nothing is known.
        self.faults = 0

    def text(self):
        total = self.fit + len(self.unmatched)
        lines = [
            f"{self.tree.name}: {self.fit} of {total} mutants fit, {self.equivalent} of them equivalent;"
            f" of the campaigns with the others {self.caught} of {self.caught + len(self.bad)} were as they must be,"
            f" in at most {self.longest:.0f} s of a processor each, the build included"
        ]
        if self.bad:
            lines.append(f"  not so: {', '.join(self.bad)}")
        if self.unmatched:
            lines.append(f"  no place for: {', '.join(self.unmatched)}")
        return "\n".join(lines)


def try_mutant(options, tool, tree, name, mutant, tally):
    with tempfile.TemporaryDirectory(prefix="stress-mutant-") as directory:
        scratch = pathlib.Path(directory)
        copy = scratch / "tree"
        try:
            edited_copy(tree, copy, mutant["edits"])
        except NoMatch as error:
            print_row([name, "-", "-", "-", "-", "-", "-", f"NO MATCH {error}"])
            tally.unmatched.append(name)
            return
        if tally.version < NEWEST:
            # What the edit calls may be another function there.
            words = [tool, "kernel", "doctor", str(copy)]
            if subprocess.run(words, capture_output=True, check=False).returncode == UNBUILDABLE:
                print_row([name, "-", "-", "-", "-", "-", "-", "DOES NOT BUILD there"])
                tally.unmatched.append(name)
                return
        tally.fit += 1
        tally.equivalent += "equivalent" in mutant
        for seed in range(1, options.seeds + 1):
            words = campaign(options, mutant.get("scenario", "all"), mutant.get("flags", []))
            result = run_tool(tool, copy, scratch, seed, *words)
            print_row(row(name, seed, mutant, result))
            pair = annotated_alone(tool, copy, scratch, seed, options, mutant, result)
            if pair:
                print_row(pair[1] + [pair[0]["status"]])
            tally.faults += result["status"] == "crashed" or result["status"].startswith("exit ")
            if judge(mutant, result) or (pair and pair[0]["status"] != "survived"):
                tally.bad.append(name)
                if options.verbose:
                    print(result["message"][-3000:], file=sys.stderr, flush=True)
            elif "equivalent" not in mutant:
                tally.caught += 1
                tally.longest = max(tally.longest, result["processor"])


def main():
    options = arguments()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ended)
    tool = os.path.abspath(options.tool)
    trees = [tree.resolve() for tree in options.trees or options.cached_trees]
    if not trees:
        ends.refuse("kernel-mutants", "no kernel tree here; scripts/kernel-tree 7.3 brings one")
    releases = [release(tree) for tree in trees]
    mutants = chosen(options.only)
    tallies = []
    for tree, version in zip(trees, releases):
        if len(trees) > 1:
            print(f"\n{tree.name}", flush=True)
        print_row(["mutant", "seed", "checker", "schedule", "minimised", "verified", "seconds", ""])
        tallies.append(Tally(tree, version))
        for name, mutant in mutants.items():
            try_mutant(options, tool, tree, name, mutant, tallies[-1])
    print()
    for tally in tallies:
        print(tally.text())
    if not options.trees and options.absent_series:
        print(f"not tested: no tree of Linux {', '.join(options.absent_series)} in the cache")
    if any(tally.faults for tally in tallies):
        return ends.HARNESS_FAULT
    if any(tally.unmatched and tally.version >= NEWEST for tally in tallies):
        return 2
    return 1 if any(tally.bad for tally in tallies) else 0


if __name__ == "__main__":
    ends.run("kernel-mutants", main)
