"""Runs every mutant under every strategy for a number of seeds and writes a table of median schedules to first failure.

Only counts of schedules go into the file: they are the same on every machine. Times go to standard error.
"""

import argparse
import concurrent.futures
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

HEAD = """# Schedules to the first failure

Median over {seeds} seeds of the schedule number (from 1) at which `stress explore` first breaks a rule, by mutant and
strategy: default sizes (3 threads of 3 operations), scenario `all`, policy `4k`, at most {limit:,} schedules. Where
fewer than all seeds found it, their number stands behind; `-` where none did. Made by `scripts/strategies`; the counts
do not depend on the machine.

The portfolio, which deals schedules to all of the others in turn, is the default: it is seldom the best and never bad.
A mutant that any single fault breaks is found in the first schedules whatever the strategy. `parent-first` waits for an
episode that ends in the VM's teardown, `recover-invalidated` for the one scenario that has its three parts.

"""


def names(tool, kind):
    lines = subprocess.run([tool, "list", kind], check=True, capture_output=True, text=True).stdout.splitlines()
    return [line.split()[0] for line in lines if line.strip()]


def measure(tool, mutant, strategy, seed, limit, minimize):
    """The schedule number of the first failure, None if there was none; fails where the checker is not the mutant's."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "record.json")
        command = [
            os.path.abspath(tool), "explore", "--mutant", mutant, "--strategy", strategy, "--seed", str(seed),
            "--schedules", str(limit), "--jobs", "1", "--quiet", "--json", path,
        ]
        start = time.monotonic()
        run = subprocess.run(command + ([] if minimize else ["--no-minimize"]), capture_output=True, cwd=directory)
        seconds = time.monotonic() - start
        if run.returncode not in (0, 1):
            sys.exit(f"{' '.join(command)} exited with {run.returncode}: {run.stderr.decode()}")
        with open(path, encoding="utf-8") as file:
            record = json.load(file)
    if not record["violations"]:
        return None, None, seconds
    violation = record["violations"][0]
    reproduction = violation["reproduction"]
    if reproduction["verified"] != reproduction["replays"]:
        sys.exit(f"{mutant}, {strategy}, seed {seed}: the token was not verified")
    return reproduction["schedule"] + 1, violation["checker"], seconds


def cell(found, seeds):
    hits = sorted(number for number in found if number is not None)
    if not hits:
        return "-"
    text = f"{int(statistics.median(hits)):,}"
    return text if len(hits) == seeds else f"{text} ({len(hits)})"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("output")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--limit", type=int, default=50_000)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    tool, seeds, limit = arguments.tool, arguments.seeds, arguments.limit
    listed = subprocess.run([tool, "list", "mutants"], check=True, capture_output=True, text=True).stdout
    strategies = names(tool, "strategies")
    rows = []
    with concurrent.futures.ThreadPoolExecutor(arguments.workers) as pool:
        for mutant in names(tool, "mutants"):
            line = next(line for line in listed.splitlines() if line.split()[0] == mutant)
            cells, slowest = [], 0.0
            for strategy in strategies:
                runs = list(
                    pool.map(
                        lambda seed: measure(tool, mutant, strategy, seed, limit, strategy == "portfolio"),
                        range(1, seeds + 1),
                    ))
                wrong = {checker for _, checker, _ in runs if checker and checker not in line}
                if wrong:
                    sys.exit(f"{mutant}, {strategy}: caught by {', '.join(sorted(wrong))}, which is not its checker")
                cells.append(cell([number for number, _, _ in runs], seeds))
                if strategy == "portfolio":
                    slowest = max(seconds for _, _, seconds in runs)
            print(f"{mutant}: {' '.join(cells)}; slowest of the portfolio {slowest:.2f} s", file=sys.stderr)
            rows.append([mutant] + cells)
    with open(arguments.output, "w", encoding="utf-8") as file:
        file.write(HEAD.format(seeds=seeds, limit=limit))
        for row in [["mutant"] + strategies, ["---"] + ["---:"] * len(strategies)] + rows:
            file.write("| " + " | ".join(row) + " |\n")


main()
