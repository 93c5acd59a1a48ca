"""What the record of a merged campaign has in common with that of the campaign run as one."""

import json


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def differences(merged, whole):
    """The paths of all that differs and must not.

    What shards of a failing campaign have run beyond its first failure cannot be cut off, so sums are compared of clean
    campaigns alone.
    """
    merged, whole = comparable(merged), comparable(whole)
    return [f"{path}: {a!r:.60} and {b!r:.60}" for path, a, b in walk("", merged, whole)]


def comparable(record):
    record = {name: value for name, value in record.items() if name != "timing"}
    if record["verdict"] == "violation":
        for name in ("operations", "outcomes", "coverage", "checkers"):
            del record[name]
        record["exploration"] = {**record["exploration"], "schedulePoints": None}
    return record


def walk(path, left, right):
    if isinstance(left, dict) and isinstance(right, dict):
        for name in sorted(left.keys() | right.keys()):
            yield from walk(f"{path}.{name}" if path else name, left.get(name), right.get(name))
    elif left != right:
        yield path, left, right
