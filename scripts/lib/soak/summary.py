"""The page that a person reads in the morning: what was not well first, then every part in a line."""

import re
import urllib.parse

MARKS = {
    "passed": "✅", "failed": "❌", "harness fault": "⚠️", "interrupted": "⏸️", "not run": "⏳", "skipped": "➖",
    "unusable": "⚠️",
}
HEADLINES = {
    0: "clean", 1: "a violation was found", 70: "the harness is at fault, so nothing is said",
    125: "a kernel tree cannot be used; clean otherwise",
}


def headline(code):
    return HEADLINES.get(code, "interrupted, clean so far")


def headline_of(night):
    """A night that goes on, or was killed, has no exit code; what it found, it found."""
    if night["exit"] is not None:
        return headline(night["exit"])
    found = {part["status"] for part in night["parts"]}
    if "harness fault" in found:
        return HEADLINES[70] + " (not finished)"
    return ("a violation was found" if "failed" in found else "no violation so far") + " (not finished)"


def render(night):
    lines = [
        f"# Soak: {headline_of(night)}", "",
        f"Commit {night['commit']}, {night['date']}, seed {night['seed']}, shard {night['shard']}, "
        f"{night['minutes']} minutes.", "",
    ]
    for part in night["parts"]:
        if part["status"] in ("failed", "harness fault", "unusable"):
            lines += finding(part)
    lines += ["| | part | seconds | verdict |", "| --- | --- | ---: | --- |"]
    lines += [
        f"| {MARKS[part['status']]} {part['status']} | {name(part)} | {part['seconds']} | {cell(part['verdict'])} |"
        for part in night["parts"] if not is_quiet(part)
    ]
    quiet = [part["name"].removeprefix("canary-") for part in night["parts"] if is_quiet(part)]
    if quiet:
        lines += ["", f"{len(quiet)} canaries failed as they must: {', '.join(quiet)}."]
    return "\n".join(lines) + "\n"


def is_quiet(part):
    return part["name"].startswith("canary-") and part["status"] == "passed"


def finding(part):
    lines = [f"## {MARKS[part['status']]} {cell(part['name'])}: {cell(part['verdict'])}", ""]
    lines += fenced([part["command"], *filter(None, [part.get("replay")]), *part.get("said", [])])
    if part["files"]:
        lines += ["Artifacts: " + ", ".join(f"`{file}`" for file in part["files"]), ""]
    return lines


def fenced(lines):
    """Whatever a compiler has said, it stays inside."""
    fence = max((run for line in lines for run in re.findall("`{3,}", line)), key=len, default="``") + "`"
    return [f"{fence}text", *lines, fence, ""]


def name(part):
    page = next((file for file in part["files"] if file.endswith(".html")), None)
    text = cell(part["name"])
    return f"[{text}]({urllib.parse.quote(page)})" if page else text


def cell(text):
    for plain in "\\|[]":
        text = text.replace(plain, "\\" + plain)
    return text.replace("<", "&lt;")
