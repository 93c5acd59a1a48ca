"""The folder of a night: one night at a time, and nothing in it of an earlier one."""

import contextlib
import fcntl
import json
import os
import shutil

# What a night leaves beside the files of its parts.
PAGES = ("status.json", "summary.md")
# Of a part. One that was killed may have left any of them, and no status names it.
SUFFIXES = ("json", "html", "md", "xml", "trace.json")
FOLDERS = ("logs", "regressions-model", "regressions-kernel")
TOKENS = ("failures", ".stress/failures")


@contextlib.contextmanager
def claimed(folder):
    """Yields the descriptor that keeps others out, or None where another one is in. A part that outlives a night that
    was killed inherits it: what it still writes is in nobody's way."""
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        descriptor = os.close(descriptor)
    try:
        yield descriptor
    finally:
        if descriptor is not None:
            os.close(descriptor)


def clear(folder, failures):
    """Removes what an earlier night has left, and nothing else. Its tokens go to `failures`, where those that are found
    are kept; the night that begins replays them."""
    status = folder / "status.json"
    if not status.exists():
        return
    for name in TOKENS:
        tokens = folder / name
        if tokens.is_dir() and tokens.resolve() != failures:
            shutil.copytree(tokens, failures, dirs_exist_ok=True)
            shutil.rmtree(tokens)
    for name in files(status):
        (folder / name).unlink(missing_ok=True)
    for name in FOLDERS:
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in PAGES:
        (folder / name).unlink(missing_ok=True)


def files(status):
    """Of each part, whether it ended or not. A name that leads elsewhere is none of a night's."""
    try:
        parts = json.loads(status.read_text(encoding="utf-8"))["parts"]
        names = [name for part in parts for name in part["files"]]
        names += [f"{part['name']}.{suffix}" for part in parts for suffix in SUFFIXES]
    except (ValueError, KeyError, TypeError):
        return []
    return [name for name in names if isinstance(name, str) and os.path.basename(name) == name]


def gather(files, folder):
    folder.mkdir(exist_ok=True)
    for file in files:
        shutil.copy(file, folder)
