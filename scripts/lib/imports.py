"""The arrows of Package.swift, made true: each target imports what it declares, and declares what it imports.

SwiftPM checks imports against all that a dependency brings along, so an import that no line of Package.swift shows
still compiles. Prints one line a breach and exits 1 when there is one.
"""

import json
import pathlib
import re
import subprocess

import ends

SWIFT_IMPORT = re.compile(r"^\s*(?:@\w+\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+"
                          r"(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)", re.MULTILINE)
C_INCLUDE = re.compile(r'^\s*#\s*include\s+[<"](\w+)[./]', re.MULTILINE)


def package():
    dump = subprocess.run(["swift", "package", "dump-package"], check=True, stdout=subprocess.PIPE).stdout
    return json.loads(dump)


def folder(target):
    return target.get("path") or f"{'Tests' if target['type'] == 'test' else 'Sources'}/{target['name']}"


def sources(target):
    """The files that the target compiles: what it excludes and what it only carries along are no code of its own."""
    root = pathlib.Path(folder(target))
    left_out = [root / name for name in target.get("exclude", [])]
    left_out += [root / resource["path"] for resource in target.get("resources", [])]
    for path in sorted(root.rglob("*")):
        if path.suffix in (".swift", ".c", ".h") and not any(path == out or out in path.parents for out in left_out):
            yield path


def imports(target):
    """Each module that the target's files import, with the first place that does."""
    found = {}
    for path in sources(target):
        text = path.read_text(encoding="utf-8")
        for match in (SWIFT_IMPORT if path.suffix == ".swift" else C_INCLUDE).finditer(text):
            line = text.count("\n", 0, match.start(1)) + 1
            found.setdefault(match.group(1), f"{path}:{line}")
    return found


def breaches(targets):
    declared = {}
    for target in targets:
        declared[target["name"]] = {next(iter(entry.values()))[0] for entry in target["dependencies"]}
    known = set(declared).union(*declared.values())
    for target in targets:
        name = target["name"]
        found = imports(target)
        for module in sorted((found.keys() & known) - declared[name] - {name}):
            yield f"{found[module]}: {name} imports {module}, which Package.swift does not list among its dependencies"
        for module in sorted(declared[name] - found.keys()):
            yield f"Package.swift: {name} lists {module} and imports it nowhere: take it out"


def main():
    lines = list(breaches(package()["targets"]))
    print("\n".join(lines), end="\n" if lines else "")
    return 1 if lines else 0


ends.run("imports", main)
