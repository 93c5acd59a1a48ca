"""The command line of `scripts/soak`."""

import argparse
import contextlib
import datetime
import errno
import pathlib
import re
import subprocess
import sys

import ends

from . import folder, parts, summary
from .collect import collect
from .night import Night, tell

SEEDS = re.compile(r"0[xX][0-9a-fA-F]{1,16}|[0-9a-fA-F]{7,40}")


def shard(text):
    index, slash, count = text.partition("/")
    if not (slash and index.isdecimal() and count.isdecimal() and 1 <= int(index) <= int(count) <= 1_000_000):
        raise argparse.ArgumentTypeError("allowed is i/n with 1 <= i <= n, for example 2/8")
    return text


def minutes(text):
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value <= 10_080:
        raise argparse.ArgumentTypeError("allowed are more than 0 and at most 10080 minutes")
    return value


def seed(text):
    """As the tool reads one."""
    is_number = text.isascii() and text.isdecimal() and int(text) < 1 << 64
    if not (is_number or (SEEDS.fullmatch(text) and not text.isdecimal())):
        raise argparse.ArgumentTypeError("allowed are a number of 64 bits, 0x and 1 to 16 hex digits, or a git hash")
    return text


def path(text):
    if not text:
        raise argparse.ArgumentTypeError("allowed is a path, not an empty one")
    return pathlib.Path(text)


def tree(text):
    if not path(text).is_dir():
        raise argparse.ArgumentTypeError(f"'{text}' is no folder; allowed is the top folder of a kernel")
    return pathlib.Path(text)


def parse(arguments):
    parser = ends.Parser("soak", description=__doc__.strip() + """ A night replays what was kept, lets canaries
        fail, runs the matrix, races threads, explores schedules, and does the same with kernel trees.""")
    parser.add_argument("--tool", required=True, type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--root", required=True, type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--minutes", type=minutes, default=60, help="length of the night (default: 60)")
    parser.add_argument("--out", type=path, default=pathlib.Path("soak"), help="the folder that it leaves")
    parser.add_argument("--shard", type=shard, default="1/1", help="i/n: the i-th of n machines that share the night")
    parser.add_argument("--seed", type=seed, help="instead of one made of the commit and the date")
    parser.add_argument(
        "--failures", type=path, default=pathlib.Path(".stress/failures"),
        help="where failures are kept (default: .stress/failures)")
    parser.add_argument(
        "--kernel-tree", type=tree, action="append", dest="kernel_trees",
        help="a Linux tree to run, too; may be repeated (default: those of scripts/kernel-tree list)")
    # What scripts/soak finds in the cache of kernel trees, and the releases that it does not find there.
    parser.add_argument(
        "--cached-tree", type=pathlib.Path, action="append", default=[], dest="cached_trees", help=argparse.SUPPRESS)
    parser.add_argument("--absent-series", action="append", default=[], help=argparse.SUPPRESS)
    parser.add_argument(
        "--only", action="append", metavar="PART", help="leave out what does not begin so; may be repeated")
    parser.add_argument("--no-kernel-trees", action="store_true", help="run the model alone")
    parser.add_argument("--disarm", metavar="CANARY", help="let this canary live, to see that the night fails")
    parser.add_argument(
        "--collect", type=path, nargs="+", metavar="FOLDER",
        help="run nothing: put the folders of a night's shards together in --out")
    return parser, parser.parse_args(arguments)


def commit(root):
    found = subprocess.run(
        ["git", "-C", str(root), "rev-parse", "HEAD"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return found.stdout.strip() or "unknown"


def mutants(tool):
    """The names that the tool has: the first word of each line that is not indented."""
    done = subprocess.run([tool, "list", "mutants"], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise OSError(0, f"it does not run, 'list mutants' ended with {done.returncode}", str(tool))
    return [line.split()[0] for line in done.stdout.splitlines() if line.strip() and not line.startswith(" ")]


def complete(options):
    """What the command line leaves to be found."""
    options.date = datetime.date.today().isoformat()
    options.commit = commit(options.root)
    options.seed = options.seed or parts.seed(options.commit, options.date)
    options.shard_index, options.shard_count = map(int, options.shard.split("/"))
    if options.no_kernel_trees or options.kernel_trees is not None:
        options.absent_series = []
    if options.no_kernel_trees:
        options.kernel_trees = []
    elif options.kernel_trees is None:
        options.kernel_trees = options.cached_trees
    options.kernel_trees = list(dict.fromkeys(tree.resolve() for tree in options.kernel_trees))
    options.reports = None


def main():
    parser, options = parse(sys.argv[1:])
    options.tool = options.tool.resolve()
    options.out = options.out.resolve()
    options.failures = options.failures.resolve()
    if options.collect:
        options.collect = [path.resolve() for path in options.collect]
        if options.out in options.collect:
            parser.error(f"--out {options.out} is one of the folders that are collected")
    else:
        complete(options)
        names = mutants(options.tool)
        if options.disarm and options.disarm not in [*names, "threads"]:
            parser.error(f"--disarm {options.disarm}: there is no such canary")
    with contextlib.ExitStack() as stack:
        try:
            options.out.mkdir(parents=True, exist_ok=True)
            lock = stack.enter_context(folder.claimed(options.out))
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
                raise
            parser.error(f"--out {options.out}: {error.strerror}; allowed is a folder that can be written")
        if lock is None:
            parser.error(f"--out {options.out}: another soak runs there; name another folder, or wait for its end")
        if options.collect:
            return collect(options)
        chosen = parts.night(options, names)
        if options.only:
            chosen = parts.only(chosen, tuple(options.only))
        if not chosen:
            parser.error("--only leaves no part of the night")
        folder.clear(options.out, options.failures)
        (options.out / "logs").mkdir(exist_ok=True)
        tell(f"soak: seed {options.seed}, commit {options.commit}, in {options.out}")
        status = Night(options, chosen, lock).run()
        tell(f"soak: {summary.headline(status)}; {options.out / 'summary.md'}")
        return status


ends.run("soak", main)
