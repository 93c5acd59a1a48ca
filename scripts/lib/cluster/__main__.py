"""Runs campaigns through `scripts/cluster/slurm` on a cluster of its own, and compares their records with those of the
same campaigns run as one.

Prints one line a check and exits 1 when one failed.
"""

import argparse
import contextlib
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import ends

from . import records
from .slurm import Cluster, ClusterError

CLEAN, VIOLATION, USAGE, FAULT, INTERRUPTED = 0, 1, 64, 70, 130
CLEAN_CAMPAIGN = ["--seed", "7", "--schedules", "2000"]
FAILING_CAMPAIGN = ["--seed", "7", "--mutant", "lost-zap"]

# Stands for the tool: the second shard does not get on while there is a file named `hold`.
HELD = """\
#!/bin/sh
case " $* " in *" --shard 2/"*) while [ -e '{hold}' ]; do sleep 0.1; done ;; esac
exec '{tool}' "$@"
"""


class Check:
    def __init__(self, options, folder, cluster):
        self.script = options.root / "scripts" / "cluster" / "slurm"
        self.tool = options.tool
        self.cluster = cluster
        # A folder as people name them, which Slurm would take for a pattern.
        self.folder = folder / "50% of 'it'"
        self.folder.mkdir()
        self.hold = folder / "hold"
        self.hold.touch()
        self.held = folder / "held"
        self.held.write_text(HELD.format(hold=self.hold, tool=self.tool))
        self.held.chmod(0o755)
        self.failed = False

    def submit(self, name, *options, campaign=CLEAN_CAMPAIGN, tool=None):
        return subprocess.Popen(
            [self.script, "--out", self.folder / name, *options, "--", *campaign], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**self.cluster.environment, "STRESS": str(tool or self.tool)})

    def run(self, *arguments, **options):
        return self.end(self.submit(*arguments, **options))

    def end(self, process):
        output = process.communicate()[0].strip()
        return process.returncode, output

    def whole(self, name, campaign):
        """The record of the campaign as one process runs it."""
        (self.folder / name).mkdir()
        subprocess.run(
            [self.tool, "explore", *campaign, "--quiet", "--json", "campaign.json"], cwd=self.folder / name,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        return self.record(name)

    def record(self, name):
        return records.read(self.folder / name / "campaign.json")

    def says(self, what, *wrong):
        wrong = [text for text in wrong if text]
        self.failed |= bool(wrong)
        print(f"slurm: {what}: {'; '.join(wrong) or 'ok'}", flush=True)

    def same(self, name, whole):
        try:
            return "; ".join(records.differences(self.record(name), whole))
        except (OSError, ValueError) as error:
            return f"no record to compare: {error}"

    # What `sbatch --wait` waits for is looked at after 2 and then after 8 seconds, so these wait together.
    def waited(self):
        clean = self.submit("clean", "--shards", "8", "--wait")
        one = self.submit("one", "--shards", "1", "--cpus", "2", "--wait")
        failing = self.submit("failing", "--shards", "8", "--wait", campaign=FAILING_CAMPAIGN)
        cut = self.submit("cut", "--shards", "2", "--wait", tool=self.held)
        self.cancelled(self.submit("killed", "--shards", "3", tool=self.held))
        self.cluster.wait("the job that waits", lambda: self.jobs("cut", "PENDING"))
        self.cluster.command("scancel", *self.jobs("cut", "PENDING", "RUNNING"))

        whole = self.whole("whole", CLEAN_CAMPAIGN)
        self.says("8 shards of a clean campaign are the whole", self.ended(clean, CLEAN), self.same("clean", whole))
        self.says("1 shard of it is the whole", self.ended(one, CLEAN), self.same("one", whole))
        failed = self.whole("whole failing", FAILING_CAMPAIGN)
        self.says("8 shards of a failing one have its first failure", self.ended(failing, VIOLATION),
                  "" if failed["verdict"] == "violation" else "the whole is clean", self.same("failing", failed))
        self.says("a merge that was cancelled is no violation",
                  self.ended(cut, FAULT, "the merge has written no record"))
        return whole

    def ended(self, process, expected, text=""):
        status, output = self.end(process)
        return "" if status == expected and text in output else f"exit {status}, not {expected}: {output[-300:]}"

    def jobs(self, name, *states):
        """The jobs of a campaign, by its folder."""
        lines = self.cluster.command("squeue", "-h", "-r", "-o", "%i %T %Z").splitlines()
        words = [line.split(None, 2) for line in lines]
        return [job for job, state, folder in words if pathlib.Path(folder).name == name and state in states]

    def cancelled(self, process):
        status, output = self.end(process)
        if status != CLEAN or not output.isdecimal():
            self.says("without --wait the job of the merge is printed", f"exit {status}: {output}")
        self.cluster.wait("shard 2", lambda: [job for job in self.jobs("killed", "RUNNING") if job.endswith("_2")])
        self.cluster.command("scancel", *[job for job in self.jobs("killed", "RUNNING") if job.endswith("_2")])

    def killed(self, whole):
        self.cluster.wait_until_idle()
        log = (self.folder / "killed" / "campaign.log").read_text()
        record = self.record("killed")
        self.says("a task that was killed is told, and the record is that of the others",
                  "" if record["interrupted"] and record["exploration"]["schedules"] < 2000 else "it is not",
                  "" if "1 of the campaign's 3 shards are missing" in log else log[-300:])
        self.hold.unlink()
        again = self.run("killed", "--shards", "3", "--missing", "--wait", tool=self.held)
        self.says("--missing runs it, and the record is the whole",
                  "" if again[0] == CLEAN else f"exit {again[0]}: {again[1]}", self.same("killed", whole))

    def refused(self):
        for what, name, options, text in (
            ("an array larger than MaxArraySize", "large", ["--shards", "1001"], "1000 (MaxArraySize)"),
            ("a folder that has a campaign", "clean", ["--shards", "8"], "has a campaign"),
            ("the rest of another campaign", "clean", ["--shards", "4", "--missing"], "has another campaign"),
        ):
            status, output = self.run(name, *options)
            self.says(f"{what} is refused", "" if status == USAGE and text in output else f"exit {status}: {output}")
        self.says("and nothing is submitted for it", " ".join(self.cluster.queue()))


def main():
    parser = ends.Parser("cluster/slurm-check", description=__doc__)
    parser.add_argument("--tool", required=True, type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--root", required=True, type=pathlib.Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.tool = options.tool.resolve()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    started = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="stress-slurm-") as name, contextlib.ExitStack() as stack:
            folder = pathlib.Path(name)
            cluster = stack.enter_context(Cluster(folder / "cluster", cpus=16))
            print(f"slurm: {cluster.command('sinfo', '--version')} is up", flush=True)
            check = Check(options, folder, cluster)
            check.killed(check.waited())
            check.refused()
    except (ClusterError, OSError, ValueError) as error:
        print(f"slurm-check: error: {error}", file=sys.stderr)
        return ends.HARNESS_FAULT
    print(f"slurm: {'FAILED' if check.failed else 'passed'} in {time.monotonic() - started:.0f} s")
    return 1 if check.failed else 0


ends.run("slurm-check", main)
