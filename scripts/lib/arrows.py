"""Which folder of a target uses which others, found by following each declaration to its uses.

A line a folder: what it uses stands in lines above it. Where that cannot be, because folders use each other in a
circle, the circle is printed with what each takes of the next, and the exit code is 1.

A declaration is a type, function or variable of a file, or a member of an extension whose name nothing else in Sources
has. Names are all that is looked at, as scripts/lint has no build.
"""

import pathlib
import re
import sys

import ends

DEFAULT = "Campaign"
MODIFIER = r"(?:@\w+(?:\([^)]*\))?\s+|(?:public|package|internal|final|static|mutating|indirect|nonisolated)\s+)*"
TOP = re.compile(rf"^{MODIFIER}(?:struct|class|enum|protocol|typealias|actor|func|let|var)\s+(\w+)", re.MULTILINE)
MEMBER = re.compile(rf"^  {MODIFIER}(?:func|let|var)\s+(\w+)", re.MULTILINE)
ANY_MEMBER = re.compile(r"\b(?:func|let|var|case)\s+(\w+)")
EXTENSION = re.compile(r"^(?:\w+\s+)*extension\s+([\w.]+)[^\n]*\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
NO_CODE = re.compile(r'"""(.*?)"""|"((?:\\.|[^"\\\n])*)"|//[^\n]*', re.DOTALL)
INTERPOLATION = re.compile(r"\\\(([^\"]*?)\)")


def code(path):
    """The file without its comments, and of its strings what is put into them."""

    def kept(match):
        return " ".join(INTERPOLATION.findall(match.group(1) or match.group(2) or ""))

    return NO_CODE.sub(kept, path.read_text(encoding="utf-8"))


def unique_members(root):
    """Names of which there is one in all of Sources."""
    seen, twice = set(), set()
    for path in root.glob("Sources/**/*.swift"):
        for name in ANY_MEMBER.findall(code(path)):
            (twice if name in seen else seen).add(name)
    return seen - twice


def declarations(texts, folders, unique):
    """By name: the folder that declares it. What several do says nothing."""
    found = {}
    for path, text in texts.items():
        for name in TOP.findall(text):
            found.setdefault(name, set()).add(folders[path])
    types = {name: owners for name, owners in found.items() if len(owners) == 1}
    members = {}
    for path, text in texts.items():
        for _, body in EXTENSION.findall(text):
            for name in MEMBER.findall(body):
                if name in unique:
                    members[name] = {folders[path]}
    return types, members


def arrows(root, target):
    """By folder and folder that it uses: the names that it takes of it."""
    base = root / "Sources" / target
    texts = {path: code(path) for path in sorted(base.rglob("*.swift"))}
    folders = {path: path.relative_to(base).parts[0] for path in texts if path.parent != base}
    texts = {path: text for path, text in texts.items() if path in folders}
    types, members = declarations(texts, folders, unique_members(root))
    found = {folder: {} for folder in folders.values()}
    for path, text in texts.items():
        own = folders[path]
        for name in set(re.findall(r"(?<![\w.])[A-Za-z_]\w*", text)) & types.keys():
            note(found, own, types[name], name)
        for name in set(re.findall(r"\.([A-Za-z_]\w*)", text)) & members.keys():
            note(found, own, members[name], name)
    return found


def note(found, own, owners, name):
    (owner,) = owners
    if owner != own:
        found[own].setdefault(owner, set()).add(name)


def ordered(found):
    """The folders, each after those that it uses, and those that are left, in which there is a circle."""
    left, order = dict(found), []
    while True:
        ready = sorted(folder for folder, uses in left.items() if not uses.keys() & left.keys())
        if not ready:
            return order, left
        order += ready
        for folder in ready:
            del left[folder]


def circle(left):
    """One of the circles, each folder before the one that it uses."""
    path = [min(left)]
    while True:
        following = min(left[path[-1]].keys() & left.keys())
        if following in path:
            return path[path.index(following):] + [following]
        path.append(following)


def main():
    parser = ends.Parser("arrows", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("target", nargs="?", default=DEFAULT, help=f"a folder of Sources, by default {DEFAULT}")
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path("."), help="the checkout")
    asked = parser.parse_args()
    if not re.fullmatch(r"\w+", asked.target) or not (asked.root / "Sources" / asked.target).is_dir():
        parser.error(f"there is no target Sources/{asked.target}")
    found = arrows(asked.root, asked.target)
    order, left = ordered(found)
    for folder in order:
        print(f"{folder} -> {', '.join(sorted(found[folder])) or 'nothing'}")
    if not left:
        return 0
    steps = circle(left)
    for folder, used in zip(steps, steps[1:]):
        print(f"circle in Sources/{asked.target}: {folder} uses {used}: {', '.join(sorted(left[folder][used]))}",
              file=sys.stderr)
    return 1


ends.run("arrows", main)
