"""What a night consists of, in its order. Nothing here runs anything."""

import dataclasses
import hashlib
import shutil

# Exit codes of the tool.
CLEAN, VIOLATION, HARNESS_FAULT = 0, 1, 70
THREADS = (2, 64, 256)
POLICIES = ("4k", "huge")


@dataclasses.dataclass
class Part:
    name: str
    arguments: list
    # Of the time that is left when the parts without a weight have run; 0: as long as it takes.
    weight: float = 0
    expected: int = CLEAN
    # Whether `arguments` makes a record, with its reports.
    records: bool = True
    # Why the part is left out; None if it is not.
    skipped: str = None
    # A canary that must fail: if it does not, the harness is at fault.
    canary: bool = dataclasses.field(default=False)


def seed(*words):
    """The same for the same words: 64 bits as the tool takes them."""
    return "0x" + hashlib.sha256(" ".join(map(str, words)).encode()).hexdigest()[:16]


def night(options, mutants):
    """The parts for these options.

    Shards of one night explore the same campaigns, each its own part of them; what threads do is drawn anew for each.
    What does not get better by being done n times is done by the first.
    """
    first = options.shard_index == 1
    parts = regressions(options, first)
    parts += [canary(options, name) for name in mutants]
    parts.append(thread_canary(options))
    if first:
        parts.append(Part("matrix", ["matrix", "--quick"]))
    else:
        parts.append(Part("matrix", [], skipped="the first shard runs it"))
    for count in THREADS:
        for policy in POLICIES:
            parts.append(threads(options, f"threads-{count}-{policy}", ["--threads", count, "--policy", policy]))
    for policy in POLICIES:
        parts.append(explore(options, f"explore-{policy}", ["--policy", policy], weight=3))
    if not options.kernel_trees:
        parts.append(Part("kernel", [], skipped="no kernel tree here; scripts/kernel-tree 7.3 brings one"))
    # However many there are, they get no more of the night than two would: the protocol's own parts stay long.
    share = min(1, 2 / max(1, len(options.kernel_trees)))
    for tree in options.kernel_trees:
        chosen = ["--kernel-tree", tree]
        parts.append(explore(options, f"kernel-{tree.name}-explore", chosen, weight=2 * share))
        parts.append(threads(options, f"kernel-{tree.name}-threads", ["--threads", 64, *chosen], weight=share))
    for series in options.absent_series:
        parts.append(Part(f"kernel-{series}", [], skipped=f"not tested: no tree of Linux {series} in the cache"))
    return parts


def regressions(options, first):
    """What was kept on earlier nights, before anything else: of the model, and of kernels where there is one."""
    if not first:
        return [Part("regressions", [], skipped="the first shard replays them")]
    kept = sorted(options.failures.glob("*.txt")) if options.failures.is_dir() else []
    kinds = {path: kind_of(path) for path in kept}
    parts = []
    if "model" in kinds.values():
        parts.append(Part("regressions", ["regress", gather(options, "model", kinds)], records=False))
    if "kernel" in kinds.values():
        folder = gather(options, "kernel", kinds)
        for tree in options.kernel_trees:
            arguments = ["regress", "--kernel-tree", tree, folder]
            parts.append(Part(f"regressions-{tree.name}", arguments, records=False))
    return parts or [Part("regressions", [], skipped="no failure is kept but those of mutants, if any")]


def kind_of(path):
    """Whose failure a file holds. A mutant is broken on purpose: its failure stays."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if "\nk1:" in "\n" + text:
        return "kernel"
    return "model" if ", mutant none," in text else "mutant"


def gather(options, kind, kinds):
    folder = options.out / f"regressions-{kind}"
    folder.mkdir(exist_ok=True)
    for path, its in kinds.items():
        if its == kind:
            shutil.copy(path, folder)
    return folder


def canary(options, mutant):
    arguments = ["explore", "--seed", seed(options.seed, "canary"), "--no-minimize"]
    disarmed = options.disarm == mutant
    arguments += ["--schedules", 2000] if disarmed else ["--mutant", mutant]
    return Part(f"canary-{mutant}", arguments, expected=VIOLATION, records=False, canary=True)


def thread_canary(options):
    """One mutant that threads catch within a second: their half of the harness sees, too."""
    arguments = ["run", "--threads", 8, "--seconds", 30, "--seed", seed(options.seed, "canary"), "--no-bridge"]
    mutant = [] if options.disarm == "threads" else ["--mutant", "stay-frozen"]
    return Part("canary-threads", arguments + mutant, expected=VIOLATION, records=False, canary=True)


def threads(options, name, arguments, weight=1):
    drawn = seed(options.seed, name, options.shard_index)
    return Part(name, ["run", "--seed", drawn, *arguments], weight=weight)


def explore(options, name, arguments, weight):
    shard = ["--shard", options.shard] if options.shard_count > 1 else []
    return Part(name, ["explore", "--seed", seed(options.seed, name), *arguments, *shard], weight=weight)
