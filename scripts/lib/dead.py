"""What nothing uses: declarations that no other line of the repository names, and files that no other file does.

A name counts wherever it stands in code, so that a name which two things share hides a dead one of them; what is found
is dead. Prints one line each and exits 1 when there is one.
"""

import collections
import pathlib
import re
import subprocess

import ends

CODE = re.compile(r"^(Sources|Tests|Expected|Benchmarks)/.*\.swift$|^CAtomics/.*\.swift$")
C_CODE = re.compile(r"\.(c|h|S)$")
WORD = re.compile(r"[A-Za-z_]\w*")
MODIFIER = (r"(?:public|package|internal|fileprivate|private|static|final|mutating|nonmutating|indirect|lazy|weak|"
            r"unowned|nonisolated|convenience|override|prefix|postfix|infix|borrowing|consuming)(?:\([\w ]+\))?")
DECLARATION = re.compile(
    rf"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:{MODIFIER}\s+)*"
    r"(func|var|let|struct|class|enum|protocol|typealias|actor|case)\s+(.*)")
ENUM = re.compile(r"\benum\s+\w+\s*:\s*(.*)\{")

# What a protocol asks for that is not ours, or the compiler does.
ASKED = {
    "appending", "body", "configuration", "defaultCompletionKind", "defaultValueDescription", "description",
    "debugDescription", "encode", "enqueue", "errorDescription", "hash", "main", "provideScope", "testDescription",
    "validate", "wrappedValue", "allValueStrings",
}

# Files that are found by the folder that they are in, or by who runs them.
FOUND_BY_FOLDER = re.compile(
    r"^(LICENSES|docs|Tests/Kernel(Mutants|History|Flavours|Ingredients)|\.github|\.ci)/"
    r"|^[^/]+$|^Benchmarks/|^Sources/KernelMMU/(Resources|ABI)/|module\.modulemap$|\.docc/")
COMPILED = re.compile(r"\.(swift|c|h|S)$")


def tracked():
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], check=True, stdout=subprocess.PIPE
    ).stdout
    texts = {}
    for name in sorted(filter(None, listing.decode().split("\0"))):
        try:
            texts[name] = pathlib.Path(name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, OSError):
            texts[name] = ""
    return texts


def code(line):
    """A line without its comment; a string's content may be code, so it stays."""
    return re.sub(r"(^|\s)//.*", "", line)


def names(kind, rest):
    """The names that a declaration gives."""
    if kind == "case":
        # Of an enum; of a switch they are patterns.
        plain = re.sub(r"\(.*?\)", "", rest)
        if re.match(r"\.|let\b|var\b|nil\b|is\b|\(|\"|\d", rest) or re.search(r":\s*(\S.*)?$", plain):
            return []
        return [match.group(1) for match in re.finditer(r"(?:^|,)\s*`?([A-Za-z_]\w*)`?", plain)]
    if kind in ("var", "let"):
        match = re.match(r"`?([A-Za-z_]\w*)`?", rest)
        return [match.group(1)] if match else []
    match = re.match(r"`?([A-Za-z_]\w*)`?\s*(?=[(<:{=]|where\b|$)", rest)
    return [match.group(1)] if match else []


def declarations(name, text):
    """Each name that a file declares, with its line."""
    lines = text.split("\n")
    listed = written = False
    for number, line in enumerate(lines, 1):
        text = code(line)
        if re.search(r"\b(struct|class|enum|actor|extension)\s+\w", text):
            # What is written as JSON is read elsewhere.
            written = bool(re.search(r"\b(Encodable|Codable)\b", text))
        enum = re.search(r"\benum\s+\w+", text)
        if enum:
            kinds = ENUM.search(text)
            # Cases that are listed, or read from a text, need nobody who names them.
            listed = bool(kinds and re.search(r"CaseIterable|String|U?Int|CodingKey|Codable", kinds.group(1)))
        match = DECLARATION.match(text)
        if not match or (match.group(1) == "case" and listed) or "override" in text:
            continue
        if written and match.group(1) in ("var", "let"):
            continue
        before = " ".join(lines[max(0, number - 3):number - 1])
        if re.search(r"@(Test|Suite|main|Argument|Option|Flag|OptionGroup)\b", f"{before} {text}"):
            continue
        for found in names(match.group(1), match.group(2)):
            if found not in ASKED and not (name.startswith("Tests/") and found.endswith("Tests")):
                yield number, found


def dead_declarations(texts):
    count = collections.Counter()
    for name, text in texts.items():
        if CODE.search(name) or C_CODE.search(name):
            for line in text.split("\n"):
                count.update(WORD.findall(code(line)))
    found = collections.defaultdict(list)
    for name, text in texts.items():
        if CODE.search(name):
            for number, word in declarations(name, text):
                found[word].append((name, number))
    for word, places in found.items():
        if count[word] <= len(places):
            yield from ((name, number, f"nothing uses `{word}`: take it out") for name, number in places)


def dead_files(texts):
    for name in texts:
        if FOUND_BY_FOLDER.search(name) or COMPILED.search(name):
            continue
        path = pathlib.Path(name)
        # A script of a library is known by its stem, a golden file by what comes before its ending.
        words = {path.name, path.stem}
        pattern = re.compile("|".join(rf"(?<![\w-]){re.escape(word)}(?![\w-])" for word in words))
        if not any(pattern.search(text) for other, text in texts.items() if other != name):
            yield name, 1, "no other file names this one: take it out"


def main():
    texts = tracked()
    breaches = sorted([*dead_declarations(texts), *dead_files(texts)])
    for name, number, message in breaches:
        print(f"{name}:{number}: {message}")
    return 1 if breaches else 0


ends.run("dead", main)
