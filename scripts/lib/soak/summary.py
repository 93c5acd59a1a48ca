"""The page that a person reads in the morning: what was not well first, then every part in a line."""

MARKS = {
    "passed": "✅", "failed": "❌", "harness fault": "⚠️", "interrupted": "⏸️", "not run": "⏳", "skipped": "➖",
}
HEADLINES = {0: "clean", 1: "a violation was found", 70: "the harness is at fault, so nothing is said"}


def render(night):
    headline = HEADLINES.get(night["exit"], "interrupted, clean so far")
    if not night["finished"]:
        headline += " (not finished)"
    lines = [
        f"# Soak: {headline}", "",
        f"Commit {night['commit']}, {night['date']}, seed {night['seed']}, shard {night['shard']}, "
        f"{night['minutes']} minutes.", "",
    ]
    for part in night["parts"]:
        if part["status"] in ("failed", "harness fault"):
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
    lines = [f"## {MARKS[part['status']]} {part['name']}: {cell(part['verdict'])}", "", "```text", part["command"]]
    if part.get("replay"):
        lines.append(part["replay"])
    lines += ["```", ""]
    if part["files"]:
        lines += ["Artifacts: " + ", ".join(f"`{file}`" for file in part["files"]), ""]
    return lines


def name(part):
    page = next((file for file in part["files"] if file.endswith(".html")), None)
    return f"[{part['name']}]({page})" if page else part["name"]


def cell(text):
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
