"""Runs the parts of a night one after the other, and keeps what there is of it on disk all the time.

After each part `status.json` says what was done, as a whole or not at all: whatever ends the night, a signal that
cannot be caught included, it and the records of the parts that ended are valid.
"""

import ctypes
import json
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time

from . import folder, summary
from . import parts as plan

REPORTS = ("html", "markdown", "junit", "perfetto")
SUFFIXES = {"html": "html", "markdown": "md", "junit": "xml", "perfetto": "trace.json"}
PR_SET_PDEATHSIG = 1
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Lines of a part's output that the page shows where the part has no record.
SHOWN_LINES = 16


class Night:
    def __init__(self, options, parts, lock):
        self.options = options
        self.parts = parts
        self.lock = lock
        # Of the trees that cannot be used.
        self.unusable = set()
        self.results = []
        self.signal = None
        self.child = None
        self.began = time.monotonic()

    def run(self):
        for number in SIGNALS:
            signal.signal(number, self.interrupt)
        # Whoever started this may have had them blocked, and the parts inherit that.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        self.save()
        for index, part in enumerate(self.parts):
            self.results.append(self.run_part(part, self.parts[index:]))
            self.save()
            self.tell(self.results[-1])
        return self.status()

    def interrupt(self, number, frame):
        # The second signal of a pair, as a terminal and a wrapper send it, changes nothing.
        if self.signal is None:
            self.signal = number
        if self.child is not None:
            self.child.terminate()

    # MARK: One part

    def run_part(self, part, left):
        result = {"name": part.name, "command": "", "exit": None, "seconds": 0.0, "verdict": "", "files": []}
        if part.skipped:
            return result | {"status": "skipped", "verdict": part.skipped}
        if self.signal is not None:
            return result | {"status": "not run", "verdict": "the night was interrupted before it"}
        if part.tree in self.unusable:
            return result | {"status": "skipped", "verdict": "its kernel tree cannot be used"}
        arguments = [str(word) for word in part.arguments]
        if part.weight:
            arguments += ["--seconds", str(self.seconds(part, left))]
        files = []
        if part.records:
            files = self.files(part)
            for option, name in files:
                arguments += [f"--{option}", name]
        if part.kept:
            folder.gather(part.kept, part.arguments[-1])
        result["command"] = shlex.join(["stress", *arguments])
        begin = time.monotonic()
        if part.canary:
            # What a canary leaves behind is no failure to keep.
            with tempfile.TemporaryDirectory() as scratch:
                code, text = self.start(part, arguments, scratch)
        else:
            code, text = self.start(part, arguments, self.options.out)
            self.keep_failures()
        result["seconds"] = round(time.monotonic() - begin, 1)
        result["exit"] = code
        # What the tool tells of itself on standard error is no verdict.
        lines = [line for line in text.splitlines() if line.strip() and not line.startswith(("stress: ", "seed 0x"))]
        result["verdict"] = lines[-1] if lines else ""
        result["replay"] = next((line for line in lines if line.startswith("replay: ")), "")
        result["files"] = [name for _, name in files if (self.options.out / name).exists()]
        result["status"] = self.judge(part, code)
        if result["status"] == "unusable":
            self.unusable.add(part.tree)
            result["said"] = error_lines(lines)
        elif result["status"] == "harness fault":
            result["said"] = [line for line in text.splitlines() if line.strip()][-SHOWN_LINES:]
        return result

    def seconds(self, part, left):
        """A part's share of the time that is left, at least one second."""
        weights = sum(other.weight for other in left)
        remaining = self.options.minutes * 60 - (time.monotonic() - self.began)
        return max(1, int(remaining * part.weight / weights))

    def files(self, part):
        reports = [option for option in REPORTS if self.options.reports is None or option in self.options.reports]
        return [("json", f"{part.name}.json")] + [(name, f"{part.name}.{SUFFIXES[name]}") for name in reports]

    def keep_failures(self):
        """Tokens of this night go to its artifacts, and to where the next one replays them."""
        kept = self.options.out / ".stress" / "failures"
        for place in (self.options.out / "failures", self.options.failures):
            if kept.is_dir() and place != kept:
                shutil.copytree(kept, place, dirs_exist_ok=True)

    def start(self, part, arguments, place):
        """Runs the tool in `place`. Its end is awaited also after a signal: it then has a record to write."""
        log = self.options.out / "logs" / f"{part.name}.txt"
        with log.open("wb") as output:
            try:
                self.child = subprocess.Popen(
                    [self.options.tool, *arguments], cwd=place, stdin=subprocess.DEVNULL, stdout=output,
                    stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=end_with_parent,
                    pass_fds=(self.lock,))
            except OSError as error:
                return plan.HARNESS_FAULT, f"cannot start {self.options.tool}: {error.strerror}"
            if self.signal is not None:
                self.child.terminate()
            code = self.child.wait()
            self.child = None
        return code if code >= 0 else 128 - code, log.read_text(encoding="utf-8", errors="replace")

    def judge(self, part, code):
        if self.signal is not None and code in [128 + number for number in SIGNALS]:
            return "interrupted"
        if part.probe:
            return {plan.CLEAN: "passed", plan.USAGE: "unusable", plan.UNUSABLE: "unusable"}.get(code, "harness fault")
        if part.canary:
            return "passed" if code == part.expected else "harness fault"
        return {plan.CLEAN: "passed", plan.VIOLATION: "failed"}.get(code, "harness fault")

    # MARK: The night so far

    def status(self):
        found = {result["status"] for result in self.results}
        if "harness fault" in found:
            return plan.HARNESS_FAULT
        if "failed" in found:
            return plan.VIOLATION
        if "unusable" in found:
            return plan.UNUSABLE
        return plan.CLEAN if self.signal is None else 128 + self.signal

    def save(self):
        waiting = [
            {"name": part.name, "status": "not run", "verdict": "", "exit": None, "seconds": 0.0, "files": []}
            for part in self.parts[len(self.results):]
        ]
        content = {
            "schemaVersion": 1, "commit": self.options.commit, "date": self.options.date, "seed": self.options.seed,
            "shard": self.options.shard, "minutes": self.options.minutes,
            "interrupted": self.signal is not None, "exit": None if waiting else self.status(),
            "finished": not waiting,
            "parts": self.results + waiting,
        }
        replace(self.options.out / "status.json", json.dumps(content, indent=2) + "\n")
        replace(self.options.out / "summary.md", summary.render(content))

    def tell(self, result):
        tell(f"{result['status']:13} {result['name']:28} {result['seconds']:7.1f}s  {result['verdict']}")


def tell(line):
    """Whoever looked on may have gone: what counts is in the folder."""
    try:
        print(line, flush=True)
    except OSError:
        pass


def error_lines(lines):
    """A compiler's message in its own lines, from its first error on."""
    first = next((index for index, line in enumerate(lines) if "error:" in line), max(0, len(lines) - SHOWN_LINES))
    return [line.removeprefix("    ") for line in lines[first:first + SHOWN_LINES]]


def replace(path, text):
    """In one step: a reader, and a night that is killed here, find the old file or the new one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error


def end_with_parent():
    """A night that was killed leaves nothing running: its part is asked to end, and writes its record."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
