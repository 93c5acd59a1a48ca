"""Puts something that is not C into each function of a tree's files and looks at what the tool says of it.

Functions that are not compiled are broken all at once: the tree must build as before, and each must be named. Those
that are compiled are broken one at a time: the build must fail.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

JUNK = " this is not C; "
PARTS = ["Makefile", "arch/x86/kvm", "arch/x86/virt", "arch/x86/include", "include", "virt/kvm"]
COMPILED = ("used", "never called")
STATES = ["used", "never called", "answered", "not compiled"]


def git(tree, *words):
    name = ["-c", "user.name=stress", "-c", "user.email=stress@example.org"]
    subprocess.run(["git", "-C", tree, *name, *words], check=True, stdout=subprocess.DEVNULL)


def copied(source, folder):
    tree = folder / "linux"
    for part in PARTS:
        if not (source / part).exists():
            continue
        target = tree / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if (source / part).is_dir():
            shutil.copytree(source / part, target, symlinks=True)
        else:
            shutil.copy(source / part, target)
    git(tree, "init", "--quiet")
    git(tree, "add", ".")
    git(tree, "commit", "--quiet", "--no-gpg-sign", "-m", "as it is")
    return tree


def doctor(tool, tree, cache, *options):
    environment = dict(os.environ, XDG_CACHE_HOME=str(cache))
    words = [tool, "kernel", "doctor", str(tree), *options]
    return subprocess.run(words, env=environment, capture_output=True, text=True, errors="replace", check=False)


def broken(text, items):
    """The text with junk behind the brace that opens each of the functions, every line where it was."""
    lines = text.split("\n")
    for item in items:
        for line in range(item["line"] - 1, item["lastLine"]):
            brace = lines[line].find("{")
            if brace >= 0:
                lines[line] = lines[line][: brace + 1] + JUNK + lines[line][brace + 1 :]
                break
        else:
            raise SystemExit(f"kernel-seen: no body of {item['name']} is found")
    return "\n".join(lines)


def functions(entry):
    return [item for item in entry["items"] if item["kind"] == "function"]


def table(files):
    print("functions  " + "  ".join(STATES) + "  file")
    for entry in files:
        states = [item["state"] for item in functions(entry)]
        counts = [str(states.count(state)).rjust(len(state)) for state in STATES]
        print(f"{len(states):9}  " + "  ".join(counts) + f"  {entry['path']}")


def main():
    parser = argparse.ArgumentParser(prog="kernel-seen", description=__doc__, allow_abbrev=False)
    parser.add_argument("--tool", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="break each N-th of the compiled functions")
    parser.add_argument("tree", type=pathlib.Path)
    options = parser.parse_args()
    silent = []
    with tempfile.TemporaryDirectory(prefix="stress-seen-") as name:
        folder = pathlib.Path(name)
        tree = copied(options.tree, folder)
        cache = folder / "cache"
        clean = doctor(options.tool, tree, cache, "--json", str(folder / "functions.json"))
        if clean.returncode != 0:
            sys.stdout.write(clean.stdout)
            raise SystemExit(70)
        files = [entry for entry in json.loads((folder / "functions.json").read_text())["files"] if functions(entry)]
        table(files)

        left_out = 0
        for entry in files:
            items = [item for item in functions(entry) if item["state"] not in COMPILED]
            left_out += len(items)
            path = tree / entry["path"]
            path.write_text(broken(path.read_text(), items))
        said = doctor(options.tool, tree, cache)
        lines = said.stdout.split("\n")
        for entry in files:
            told = " ".join(line for line in lines if "changed, " in line and f"({entry['path']})" in line)
            names = told.replace("(", " (").replace(",", " ").split()
            for item in functions(entry):
                if item["state"] not in COMPILED and (said.returncode != 0 or item["name"] not in names):
                    silent.append(f"{item['name']}() of {entry['path']}: {item['state']}, and not named")
        git(tree, "checkout", "--quiet", ".")
        print(f"{left_out} that are not compiled, broken at once: {left_out - len(silent)} named")

        compiled = [(entry["path"], item) for entry in files for item in functions(entry) if item["state"] in COMPILED]
        chosen = compiled[:: options.every]
        failed = 0
        for path, item in chosen:
            file = tree / path
            text = file.read_text()
            file.write_text(broken(text, [item]))
            result = doctor(options.tool, tree, cache)
            file.write_text(text)
            if result.returncode == 125:
                failed += 1
            else:
                silent.append(f"{item['name']}() of {path}: {item['state']}, and it builds")
            print(f"\r{failed} of {len(chosen)}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        print(f"{len(chosen)} of {len(compiled)} that are compiled, broken one at a time: {failed} builds failed")
    for line in silent:
        print(f"SILENT {line}")
    raise SystemExit(1 if silent else 0)


main()
