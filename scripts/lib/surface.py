"""What a program of somebody else may use: the `public` declarations, against the table of docs/library.md.

Prints one line a breach and exits 1 when there is one: what is public and not in the table, what is in the table and
not public, and a count that is another.
"""

import collections
import pathlib
import re

import ends

PAGE = pathlib.Path("docs/library.md")
ROW = re.compile(r"^\| `(\w+)` \| (\d+) \| (.*) \|$")
PUBLIC = re.compile(r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:final|static|indirect|nonisolated)\s+)*public\b(?!\s+import)")
TYPE = re.compile(r"\b(?:struct|class|enum|protocol|actor|extension|typealias)\s+([A-Z]\w*)")


def code(line):
    return re.sub(r"(^|\s)//.*", "", line)


def declarations(path):
    """Each public declaration of a file: its line, and the type at the file's margin that it is of."""
    margin = None
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        text = code(line)
        if text[:1] not in ("", " ", "}", ")"):
            match = TYPE.search(text)
            margin = match.group(1) if match else margin
        if PUBLIC.search(text):
            yield number, margin


def listed():
    rows = {}
    for number, line in enumerate(PAGE.read_text(encoding="utf-8").split("\n"), 1):
        match = ROW.match(line)
        if match:
            rows[match.group(1)] = (number, int(match.group(2)), set(re.findall(r"`(\w+)`", match.group(3))))
    return rows


def breaches():
    rows = listed()
    found, count = collections.defaultdict(set), collections.Counter()
    for path in sorted(pathlib.Path("Sources").rglob("*.swift")):
        target = path.parts[1]
        _, _, names = rows.get(target, (0, 0, set()))
        for number, name in declarations(path):
            found[target].add(name)
            count[target] += 1
            if name not in names:
                yield f"{path}:{number}: `{name}` is public and not in {PAGE}: make it `package`, or list it there"
    for target, (number, wanted, names) in rows.items():
        for name in sorted(names - found[target]):
            yield f"{PAGE}:{number}: `{name}` is not public in {target}: take it out of the table"
        if count[target] != wanted and names >= found[target]:
            yield (f"{PAGE}:{number}: {target} has {count[target]} public declarations, not {wanted}: make what nobody "
                   "outside needs `package`, or write the new count")


def main():
    lines = list(breaches())
    print("\n".join(lines), end="\n" if lines else "")
    return 1 if lines else 0


ends.run("surface", main)
