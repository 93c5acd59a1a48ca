"""Measures how hard each mutant is to find, and writes it down in two places.

docs/strategies.md: median schedules to the first failure, by mutant and strategy. docs/protocols.md, between its two
markers: each mutant under the scenario and policy that it declares, and whether threads find it. Counts of schedules
are the same on every machine; what threads find is not. Times go to standard error.
"""

import collections
import concurrent.futures
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

import ends

HEAD = """# Schedules to the first failure

Median over {seeds} seeds of the schedule number (from 1) at which `stress explore` first breaks a rule, by mutant and
strategy: default sizes (3 threads of 3 operations), at most {limit:,} schedules, scenario and policy as
`stress explore --mutant NAME` takes them: `all` and `4k`, or what stands in the second column. Where fewer than all
seeds found it, their number stands behind; `-` where none did. Made by `scripts/strategies`; the counts do not depend
on the machine.

The portfolio, which deals schedules to all of the others in turn, is the default: it is seldom the best and never bad.
A mutant that any single fault breaks is found in the first schedules whatever the strategy. `parent-first` waits for an
episode that ends in the VM's teardown, `recover-invalidated` for the one scenario that has its three parts.

"""
MARKERS = ("<!-- mutants: made by scripts/strategies -->", "<!-- end of mutants -->")
THREAD_SECONDS = 30

# What was caught by a checker that neither the mutant nor Expected/matrix.json names.
surprises = []


class Mutant:
    """A line of `stress list mutants`, and what Expected/matrix.json says beyond it."""

    def __init__(self, line, expected):
        self.name, checkers, self.scenario, self.policy, self.summary = re.split(r"\s{2,}", line.strip(), maxsplit=4)
        own = next((entry for entry in expected if entry["mutant"] == self.name), {})
        self.checkers = own.get("checkers", checkers.split(", "))
        self.may_miss = own.get("threads", {}).get("mayMiss", False)


def listed(tool, kind):
    lines = subprocess.run([tool, "list", kind], check=True, capture_output=True, text=True).stdout.splitlines()
    return [line for line in lines if line.strip()]


def record_of(tool, arguments):
    """The run record of a command that ends with or without a violation, and the seconds that it took."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "record.json")
        command = [os.path.abspath(tool)] + arguments + ["--quiet", "--json", path]
        start = time.monotonic()
        run = subprocess.run(command, capture_output=True, cwd=directory)
        seconds = time.monotonic() - start
        if run.returncode not in (0, 1):
            raise OSError(f"{' '.join(command)} exited with {run.returncode}: {run.stderr.decode()}")
        with open(path, encoding="utf-8") as file:
            return json.load(file), seconds


class Found:
    """What a campaign with a mutant came to: the schedule number of the first failure, None if there was none."""

    def __init__(self, tool, mutant, seed, limit, more=()):
        arguments = ["explore", "--mutant", mutant.name, "--seed", str(seed), "--schedules", str(limit), "--jobs", "1"]
        record, self.seconds = record_of(tool, arguments + list(more))
        scenario = record["exploration"]["scenario"]
        self.where = ", ".join(name for name in (scenario, record["policy"]) if name not in ("all", "4k"))
        self.schedule = self.checker = None
        if record["violations"]:
            violation = record["violations"][0]
            reproduction = violation["reproduction"]
            if reproduction["verified"] != reproduction["replays"]:
                sys.exit(f"{mutant.name}, seed {seed}, {' '.join(more)}: the token was not verified")
            self.schedule, self.checker = reproduction["schedule"] + 1, violation["checker"]
            if self.checker not in mutant.checkers:
                surprises.append(f"{mutant.name}, seed {seed}, {' '.join(more)}: caught by {self.checker}")
                print(surprises[-1], file=sys.stderr)


def median(found):
    """As a cell of a table; found holds a number or None for each seed."""
    hits = sorted(number for number in found if number is not None)
    if not hits:
        return "-"
    text = f"{int(statistics.median(hits)):,}"
    return text if len(hits) == len(found) else f"{text} ({len(hits)})"


def table(rows):
    return "".join("| " + " | ".join(row) + " |\n" for row in rows)


def strategies(tool, mutants, arguments, pool):
    names = [line.split()[0] for line in listed(tool, "strategies")]
    rows = [["mutant", "where"] + names, ["---", "---"] + ["---:"] * len(names)]
    for mutant in mutants:
        cells, slowest, where = [], 0.0, ""
        for name in names:
            more = ["--strategy", name] + ([] if name == "portfolio" else ["--no-minimize"])
            runs = list(
                pool.map(lambda seed: Found(tool, mutant, seed, arguments.limit, more), range(1, arguments.seeds + 1)))
            cells.append(median([run.schedule for run in runs]))
            where = runs[0].where
            if name == "portfolio":
                slowest = max(run.seconds for run in runs)
        print(f"{mutant.name}: {' '.join(cells)}; slowest of the portfolio {slowest:.2f} s", file=sys.stderr)
        rows.append([mutant.name, where] + cells)
    with open(arguments.output, "w", encoding="utf-8") as file:
        file.write(HEAD.format(seeds=arguments.seeds, limit=arguments.limit) + table(rows))


def threads(tool, mutant, seeds):
    """How many of the seeds racing threads find it in."""
    if mutant.may_miss:
        return "may miss it"
    hits = 0
    for seed in range(1, seeds + 1):
        record, _ = record_of(
            tool,
            ["run", "--mutant", mutant.name, "--seed", str(seed), "--threads", "8", "--seconds", str(THREAD_SECONDS),
             "--no-bridge"])
        hits += bool(record["violations"])
    return f"{hits} of {seeds}"


def declared(tool, mutants, arguments, pool):
    rows = [
        ["mutant", "what is broken", "scenario", "policy", "caught by", "median", "most", "threads"],
        ["---", "---", "---", "---", "---", "---:", "---:", "---"],
    ]
    for mutant in mutants:
        more = ["--scenario", mutant.scenario, "--policy", mutant.policy, "--no-minimize"]
        runs = list(
            pool.map(lambda seed: Found(tool, mutant, seed, arguments.limit, more), range(1, arguments.seeds + 1)))
        found = [run.schedule for run in runs]
        counts = collections.Counter(run.checker for run in runs if run.checker)
        seen = [checker for checker, _ in counts.most_common()]
        most = f"{max(found):,}" if None not in found else "-"
        raced = threads(tool, mutant, arguments.thread_seeds)
        rows.append([
            f"`{mutant.name}`", mutant.summary, f"`{mutant.scenario}`", f"`{mutant.policy}`", ", ".join(seen),
            median(found), most, raced
        ])
        print(f"{mutant.name} as declared: {' '.join(rows[-1][4:])}", file=sys.stderr)
    with open(arguments.protocols, encoding="utf-8") as file:
        text = file.read()
    begin, end = text.index(MARKERS[0]) + len(MARKERS[0]), text.index(MARKERS[1])
    head = (
        f"\n\nMedian and most schedules to the failure over {arguments.seeds} seeds, portfolio; threads:"
        f" seeds of {arguments.thread_seeds}\nin which 8 threads found it within {THREAD_SECONDS} seconds.\n\n")
    with open(arguments.protocols, "w", encoding="utf-8") as file:
        file.write(text[:begin] + head + table(rows) + "\n" + text[end:])


def main():
    parser = ends.Parser("strategies", description=__doc__)
    parser.add_argument("tool")
    parser.add_argument("root")
    parser.add_argument("--only", choices=["strategies", "declared"])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--thread-seeds", type=int, default=10)
    parser.add_argument("--limit", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    arguments.output = os.path.join(arguments.root, "docs", "strategies.md")
    arguments.protocols = os.path.join(arguments.root, "docs", "protocols.md")
    with open(os.path.join(arguments.root, "Expected", "matrix.json"), encoding="utf-8") as file:
        expected = json.load(file)["mutants"]
    mutants = [Mutant(line, expected) for line in listed(arguments.tool, "mutants")]
    with concurrent.futures.ThreadPoolExecutor(arguments.workers) as pool:
        if arguments.only != "declared":
            strategies(arguments.tool, mutants, arguments, pool)
        if arguments.only != "strategies":
            declared(arguments.tool, mutants, arguments, pool)
    if surprises:
        print("caught by a checker that is not the mutant's:\n" + "\n".join(surprises), file=sys.stderr)
    return 1 if surprises else 0


ends.run("strategies", main)
