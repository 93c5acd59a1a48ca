"""Puts the folders of a night's shards together: one record for each campaign, one page for all."""

import json
import shutil
import subprocess
import sys

from . import summary
from .night import SUFFIXES, replace

USAGE = 64
# The worst of several decides: a fault of the harness, then a violation, then an interrupt.
RANK = {70: 3, 1: 2, 0: 0}


def collect(options):
    nights = []
    for folder in options.collect:
        try:
            nights.append((folder.resolve(), json.loads((folder / "status.json").read_text(encoding="utf-8"))))
        except (OSError, ValueError) as error:
            print(f"soak: error: {folder} holds no status of a night: {error}", file=sys.stderr)
            return USAGE
    first = nights[0][1]
    results = [part for folder, night in nights for part in copied(folder, night, options.out)]
    results += merged(nights, options)
    content = first | {
        "shard": f"{len(nights)} folders", "interrupted": any(night["interrupted"] for _, night in nights),
        "finished": all(night["finished"] for _, night in nights), "parts": results,
        "exit": max((night["exit"] for _, night in nights), key=lambda code: RANK.get(code, 1)),
    }
    replace(options.out / "status.json", json.dumps(content, indent=2) + "\n")
    replace(options.out / "summary.md", summary.render(content))
    print(f"soak: {summary.HEADLINES.get(content['exit'], 'interrupted, clean so far')}; {options.out / 'summary.md'}")
    return content["exit"]


def copied(folder, night, out):
    """The parts of one shard, with their files under a name that says which shard's they are."""
    label = "shard-" + night["shard"].replace("/", "-of-")
    for part in night["parts"]:
        if part["status"] == "skipped":
            continue
        files = []
        for name in part["files"]:
            if (folder / name).is_file():
                shutil.copyfile(folder / name, out / f"{label}-{name}")
                files.append(f"{label}-{name}")
        yield part | {"name": part["name"] if part["name"].startswith("canary-") else f"{label} {part['name']}"} | {
            "files": files}


def merged(nights, options):
    names = [part["name"] for _, night in nights for part in night["parts"] if "explore" in part["name"]]
    for name in dict.fromkeys(names):
        records = [folder / f"{name}.json" for folder, _ in nights if (folder / f"{name}.json").is_file()]
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
            "name": f"all shards {name}", "command": " ".join(["stress", *arguments]), "exit": done.returncode,
            "seconds": 0.0, "verdict": lines[-1], "status": status,
            "files": [file for file in files if (options.out / file).is_file()],
        }
