"""Edits of a kernel tree, in words of our own: no line of a kernel is kept here.

An edit: in FILE, in the definition of FUNCTION (or in all of the file), the one place that reads FIND becomes REPLACE.
"""

import pathlib
import re


class NoMatch(Exception):
    """An edit fits no place in a tree, or several."""


def definition(text, function):
    """Start and end of a function's or a macro's definition; declarations and calls are passed over."""
    name = re.escape(function)
    found = [
        (match.start(), match.end())
        for match in re.finditer(
            rf"^(?:[^\s#/*}}][^\n;(]*[\s*])?{name}\([^;{{]*\)\s*\n\{{.*?^\}}|^#define[ \t]+{name}\(.*?(?<!\\)$",
            text, re.M | re.S)
    ]
    if len(found) != 1:
        raise NoMatch(f"{function}() is defined {len(found)} times")
    return found[0]


def apply(text, edit):
    start, end = definition(text, edit["function"]) if "function" in edit else (0, len(text))
    body = text[start:end]
    count = body.count(edit["find"])
    if count != 1:
        where = f"in {edit['function']}()" if "function" in edit else "there"
        raise NoMatch(f"`{edit['find']}` stands {count} times {where}")
    replacement = edit["replace"]
    if body.startswith("#define"):
        replacement = replacement.replace("\n", " \\\n")
    return text[:start] + body.replace(edit["find"], replacement) + text[end:]


def own_copy(tree, copy, path):
    """Makes `path` a file of the copy's own, and the directories above it directories of links."""
    at = pathlib.Path()
    for part in [*pathlib.PurePath(path).parts]:
        directory = copy / at
        if directory.is_symlink():
            directory.unlink()
        if not directory.exists():
            directory.mkdir()
            for entry in (tree / at).iterdir():
                (directory / entry.name).symlink_to(entry)
        at = at / part
    target = copy / path
    text = target.read_text(encoding="utf-8")
    if target.is_symlink():
        target.unlink()
    return target, text


def edited_copy(tree, copy, edits):
    """Makes `copy` a tree of links to `tree`, but for what the edits change."""
    for edit in edits:
        try:
            target, text = own_copy(tree, copy, edit["file"])
            target.write_text(apply(text, edit), encoding="utf-8")
        except (NoMatch, OSError) as error:
            raise NoMatch(f"{edit['file']}: {error}") from None
