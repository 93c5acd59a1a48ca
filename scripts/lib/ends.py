"""How the Python commands of scripts/ end: bad usage is 64, and what nobody foresaw is no 1, which is Python's own code
for it, because 1 is a violation.
"""

import argparse
import os
import sys
import traceback

USAGE, HARNESS_FAULT = 64, 70


class Parser(argparse.ArgumentParser):
    """Bad usage is one line on standard error. `name` is the script's."""

    def __init__(self, name, **options):
        super().__init__(prog=f"scripts/{name}", **options)
        self.name = name

    def error(self, message):
        refuse(self.name, message)


def refuse(name, message):
    print(f"{name}: error: {message}; see scripts/{name} --help", file=sys.stderr)
    sys.exit(USAGE)


def run(name, main, fault=HARNESS_FAULT):
    """Ends the process with what `main` returns, or with `fault`."""
    # What goes to both streams stays in its order where they are one file.
    sys.stdout.reconfigure(line_buffering=True)
    try:
        status = main()
    except KeyboardInterrupt:
        status = 130
    except SystemExit as end:
        status = end.code
        if isinstance(status, str):
            say(status)
            status = fault
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        say(f"{name}: error: {where}{error.strerror or error}")
        status = fault
    except Exception:  # pylint: disable=broad-except
        say(traceback.format_exc().rstrip())
        status = fault
    # A standard output that cannot take what is left would make the code 120.
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    sys.exit(status)


def say(text):
    """To standard error, if there is still somebody who reads it."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        pass
