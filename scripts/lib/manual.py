"""Man pages, one a command, from what the tool says of itself: `stress --experimental-dump-help | manual.py DIRECTORY`.

The parser's own generator runs the lines of EXAMPLES and EXIT CODES together, and knows of no command that is meant
where none is named. Arguments besides the folder: the date and the version that stand at the foot of each page.
"""

import json
import pathlib
import re
import sys

# A heading of a discussion, alone in its line, and what man pages call it.
HEADING = re.compile(r"([A-Z][A-Z ]+):")
TITLES = {"EXIT CODES": "EXIT STATUS"}
# What is typed must come out of a terminal as it can be typed again: groff makes quotes and dashes of these.
LITERAL = str.maketrans({"\\": r"\e", "-": r"\-", "'": r"\(aq", "^": r"\(ha", "~": r"\(ti", "`": r"\(ga"})


def text(line):
    line = line.translate(LITERAL)
    return r"\&" + line if line.startswith(".") else line


def quoted(words):
    return '"' + words.translate(LITERAL).replace('"', r"\(dq") + '"'


def bold(words):
    return rf"\fB{text(words)}\fR"


def italic(words):
    return rf"\fI{text(words)}\fR"


def path(command):
    return [*command.get("superCommands", []), command["commandName"]]


def page_name(command):
    return "-".join(path(command))


def shown(entries):
    return [entry for entry in entries or [] if entry["shouldDisplay"]]


def is_page(command):
    return command["shouldDisplay"] and command["commandName"] != "help"


def value(argument):
    name = argument.get("valueName", "value")
    return name + ("..." if argument["isRepeating"] and argument["kind"] == "positional" else "")


def spelled(name):
    return ("-" if name["kind"] == "short" else "--") + name["name"]


def title_of(argument):
    if argument["kind"] == "positional":
        return italic(value(argument))
    names = ", ".join(bold(spelled(name)) for name in argument["names"])
    return names if argument["kind"] == "flag" else f"{names} {italic(value(argument))}"


def synopsis(command, default):
    words = [bold(" ".join(path(command)))]
    if any(argument["kind"] != "positional" for argument in shown(command.get("arguments"))):
        words.append("[" + italic("options") + "]")
    for argument in shown(command.get("arguments")):
        if argument["kind"] == "positional":
            name = italic(value(argument))
            words.append(f"[{name}]" if argument["isOptional"] else name)
    children = [child for child in command.get("subcommands", []) if is_page(child)]
    if not children:
        return [" ".join(words)]
    line = f"{bold(' '.join(path(command)))} {italic('command')} [{italic('arguments')}]"
    return [" ".join(words), ".br", line] if default else [line]


def sections(discussion):
    """The discussion cut at its headings: (heading or None, lines without their common indentation)."""
    found = [(None, [])]
    for line in (discussion or "").split("\n"):
        heading = HEADING.fullmatch(line)
        if heading:
            found.append((heading.group(1), []))
        else:
            found[-1][1].append(line if found[-1][0] is None else line.removeprefix("  "))
    return [(heading, "\n".join(lines).strip("\n").split("\n")) for heading, lines in found if any(lines)]


def prose(lines):
    return [text(line) if line else ".PP" for line in lines]


def examples(lines):
    return [".EX", *(text(line) for line in lines), ".EE"]


def definitions(lines):
    """A word a line and what it means, after two spaces or more."""
    for line in lines:
        match = re.fullmatch(r"(\S.*?)\s{2,}(\S.*)", line)
        if not match:
            sys.exit(f"manual.py: not a word and its meaning, with two spaces between them: {line!r}")
        yield from (".TP", bold(match[1]), text(match[2]))


def options(command):
    for argument in shown(command.get("arguments")):
        yield from (".TP", title_of(argument), text(argument.get("abstract", "")))


def discussed(command):
    for heading, lines in sections(command.get("discussion")):
        if heading is None:
            yield "DESCRIPTION", prose(lines)
        elif heading == "EXAMPLES":
            yield heading, examples(lines)
        else:
            yield TITLES.get(heading, heading), list(definitions(lines))


def related(command, parent):
    pages = [child for child in command.get("subcommands", []) if is_page(child)]
    others = [] if parent is None else [parent, *(child for child in parent["subcommands"] if is_page(child))]
    return [other for other in [*pages, *others] if other is not command]


def page(command, parent, date, version):
    children = [child for child in command.get("subcommands", []) if is_page(child)]
    default = next((child for child in children if child["commandName"] == command.get("defaultSubcommand")), None)
    body = dict(discussed(command))
    if children:
        body["COMMANDS"] = [
            line for child in children for line in (".TP", bold(child["commandName"]), text(child["abstract"]))
        ]
    body["OPTIONS"] = list(options(default or command))
    if default:
        body.update((title, lines) for title, lines in discussed(default) if title != "DESCRIPTION")
    lines = [
        f'.TH {quoted(page_name(command).upper())} 1 "{date}" {quoted(version)} "User Commands"',
        # Long words, as paths and options are: no breaks that a hyphen marks, and no lines pulled wide.
        ".nh",
        ".ad l",
        ".SH NAME",
        f"{text(page_name(command))} \\- {text(command['abstract'].rstrip('.'))}",
        ".SH SYNOPSIS",
        *synopsis(command, default),
    ]
    order = ["DESCRIPTION", "COMMANDS", "OPTIONS", "EXAMPLES", "EXIT STATUS"]
    for title in [*order, *(title for title in body if title not in order)]:
        if body.get(title):
            lines += [f".SH {quoted(title)}", *body[title]]
    names = [f".BR {quoted(page_name(other))} (1)" for other in related(command, parent)]
    if names:
        lines += [".SH SEE ALSO", *(name + "," for name in names[:-1]), names[-1]]
    return "\n".join(lines) + "\n"


def write(command, folder, date, version, parent=None):
    (folder / f"{page_name(command)}.1").write_text(page(command, parent, date, version), encoding="utf-8")
    for child in command.get("subcommands", []):
        if is_page(child):
            write(child, folder, date, version, command)


def main():
    folder, date, version = sys.argv[1:]
    write(json.load(sys.stdin)["command"], pathlib.Path(folder), date, version)


if __name__ == "__main__":
    main()
