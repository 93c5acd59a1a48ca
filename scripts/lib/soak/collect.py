"""Puts the folders of a night's shards together: one record for each campaign, one page for all."""

import json
import shlex
import shutil
import subprocess
import sys

from ends import USAGE

from . import folder, summary
from .night import SUFFIXES, replace, tell

# The worst of several decides: a fault of the harness, then a violation, then a tree that cannot be used, then an
# interrupt.
RANK = {70: 4, 1: 3, 125: 2, 0: 0}
# Records that are not of one campaign are no usage of whoever collects them.
CODES = {64: 70}
# Of a night that goes on, or was killed: it is no clean one, whatever it has found.
UNFINISHED = 130


def collect(options):
    nights = []
    for place in options.collect:
        try:
            night = json.loads((place / "status.json").read_text(encoding="utf-8"))
            check(night)
            nights.append((place, night))
        except (OSError, ValueError) as error:
            print(f"soak: error: {place} holds no status of a night: {error}", file=sys.stderr)
            return USAGE
    folder.clear(options.out, options.failures)
    first = nights[0][1]
    whole = list(merged(nights, options))
    results = [part for place, night in nights for part in copied(place, night, options.out)] + whole
    codes = [exit_of(night) for _, night in nights] + [part["exit"] for part in whole]
    code = max((CODES.get(code, code) for code in codes), key=lambda code: RANK.get(code, 1))
    content = first | {
        "shard": f"{len(nights)} folders", "interrupted": any(night["interrupted"] for _, night in nights),
        "finished": all(night["finished"] for _, night in nights), "parts": results, "exit": code,
    }
    replace(options.out / "status.json", json.dumps(content, indent=2) + "\n")
    replace(options.out / "summary.md", summary.render(content))
    tell(f"soak: {summary.headline(code)}; {options.out / 'summary.md'}")
    return code


def check(night):
    """Raises ValueError for what this script has not written."""
    try:
        for part in night["parts"]:
            shapes = [(part["name"], str), (part["status"], str), (part["verdict"], str), (part["files"], list)]
            if not all(isinstance(value, kind) for value, kind in shapes):
                raise ValueError("a part of another shape")
        if not (isinstance(night["exit"], int | None) and isinstance(night["shard"], str)):
            raise ValueError("an exit code or a shard of another type")
        _ = night["interrupted"], night["finished"], night["commit"], night["date"], night["seed"], night["minutes"]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it has another form ({error})") from error


def exit_of(night):
    if night["exit"] is not None:
        return night["exit"]
    found = {part["status"] for part in night["parts"]}
    return 70 if "harness fault" in found else 1 if "failed" in found else UNFINISHED


def copied(place, night, out):
    """The parts of one shard, with their files under a name that says which shard's they are."""
    label = "shard-" + night["shard"].replace("/", "-of-")
    for part in night["parts"]:
        if part["status"] == "skipped":
            continue
        files = []
        for name in part["files"]:
            if (place / name).is_file():
                shutil.copyfile(place / name, out / f"{label}-{name}")
                files.append(f"{label}-{name}")
        yield part | {"name": part["name"] if part["name"].startswith("canary-") else f"{label} {part['name']}"} | {
            "files": files}


def is_exploration(name):
    return name.startswith("explore-") or name.endswith("-explore")


def merged(nights, options):
    names = [part["name"] for _, night in nights for part in night["parts"] if is_exploration(part["name"])]
    for name in dict.fromkeys(names):
        records = [place / f"{name}.json" for place, _ in nights if (place / f"{name}.json").is_file()]
        if len(records) < 2:
            continue
        arguments = ["merge", "--allow-missing", "--quiet", *map(str, records)]
        files = [f"{name}.json"] + [f"{name}.{suffix}" for suffix in SUFFIXES.values()]
        arguments += ["--json", files[0]]
        for option, file in zip(SUFFIXES, files[1:]):
            arguments += [f"--{option}", file]
        done = subprocess.run(
            [options.tool, *arguments], cwd=options.out, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        lines = done.stdout.splitlines() or [""]
        status = {0: "passed", 1: "failed", 130: "interrupted"}.get(done.returncode, "harness fault")
        yield {
            "name": f"all shards {name}", "command": shlex.join(["stress", *arguments]), "exit": done.returncode,
            "seconds": 0.0, "verdict": lines[-1], "status": status,
            "files": [file for file in files if (options.out / file).is_file()],
        }
