"""What a night consists of, in its order. Nothing here runs anything."""

import dataclasses
import hashlib

# Exit codes of the tool.
CLEAN, VIOLATION, USAGE, HARNESS_FAULT, UNUSABLE = 0, 1, 64, 70, 125
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
    # The kernel tree that it runs. A probe says whether that can be used; the others are left out if not.
    tree: object = None
    probe: bool = False
    # Files that are copied to its last argument before it runs: of all that is kept, those that it replays.
    kept: list = dataclasses.field(default_factory=list)


def seed(*words):
    """The same for the same words: 64 bits as the tool takes them."""
    return "0x" + hashlib.sha256(" ".join(map(str, words)).encode()).hexdigest()[:16]


def night(options, mutants):
    """The parts for these options.

    Shards of one night explore the same campaigns, each its own part of them; what threads do is drawn anew for each.
    What does not get better by being done n times is done by the first.
    """
    first = options.shard_index == 1
    names = names_of(options.kernel_trees)
    parts = [
        Part(f"kernel-{name}-doctor", ["kernel", "doctor", tree], records=False, tree=tree, probe=True)
        for tree, name in names.items()
    ]
    parts += regressions(options, names, first)
    parts += [canary(options, name) for name in mutants]
    parts.append(thread_canary(options))
    if first:
        parts.append(Part("matrix", ["matrix", "--quick"]))
    else:
        parts.append(Part("matrix", [], skipped="the first shard runs it"))
    for policy in POLICIES:
        parts.append(exhaust(options, f"exhaust-{policy}", ["--policy", policy], weight=1))
    for count in THREADS:
        for policy in POLICIES:
            parts.append(threads(options, f"threads-{count}-{policy}", ["--threads", count, "--policy", policy]))
    for policy in POLICIES:
        parts.append(explore(options, f"explore-{policy}", ["--policy", policy], weight=3))
    if not options.kernel_trees:
        parts.append(Part("kernel", [], skipped="no kernel tree here; scripts/kernel-tree 7.3 brings one"))
    # However many there are, they get no more of the night than two would: the protocol's own parts stay long.
    share = min(1, 2 / max(1, len(options.kernel_trees)))
    for tree, name in names.items():
        chosen = ["--kernel-tree", tree]
        parts.append(explore(options, f"kernel-{name}-explore", chosen, weight=2 * share, tree=tree))
        parts.append(exhaust(options, f"kernel-{name}-exhaust", chosen, weight=share, tree=tree))
        parts.append(
            threads(options, f"kernel-{name}-threads", ["--threads", 64, *chosen], weight=share, tree=tree))
    for series in options.absent_series:
        parts.append(Part(f"kernel-{series}", [], skipped=f"not tested: no tree of Linux {series} in the cache"))
    return parts


def only(parts, beginnings):
    """What was asked for, and the probes of the trees that it needs."""
    chosen = [part for part in parts if part.name.startswith(beginnings) and not part.probe]
    trees = {part.tree for part in chosen}
    return [part for part in parts if part in chosen or part.probe and (part.tree in trees or part.name in beginnings)]


def names_of(trees):
    """A name for each tree that no other one has: that of its folder, with a number where two are called the same."""
    names = {}
    for tree in trees:
        same = sum(1 for other in names if other.name == tree.name)
        names[tree] = f"{tree.name}-{same + 1}" if same else tree.name
    return names


def regressions(options, names, first):
    """What was kept on earlier nights, before anything else: of the model, and of kernels where there is one."""
    if not first:
        return [Part("regressions", [], skipped="the first shard replays them")]
    kept = sorted(options.failures.glob("*.txt")) if options.failures.is_dir() else []
    kinds = {path: kind_of(path) for path in kept}
    kept = {kind: [path for path in kept if kinds[path] == kind] for kind in ("model", "kernel")}
    parts = []
    if kept["model"]:
        folder = options.out / "regressions-model"
        parts.append(Part("regressions", ["regress", folder], records=False, kept=kept["model"]))
    if kept["kernel"]:
        folder = options.out / "regressions-kernel"
        for tree, name in names.items():
            arguments = ["regress", "--kernel-tree", tree, folder]
            parts.append(Part(f"regressions-{name}", arguments, records=False, tree=tree, kept=kept["kernel"]))
        if not names:
            parts.append(Part("regressions-kernel", [], skipped="failures of a kernel are kept, and no tree is here"))
    return parts or [Part("regressions", [], skipped="no failure is kept but those of mutants, if any")]


def kind_of(path):
    """Whose failure a file holds. A mutant is broken on purpose: its failure stays."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if "\nk1:" in "\n" + text:
        return "kernel"
    return "model" if ", mutant none," in text else "mutant"


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


def threads(options, name, arguments, weight=1, tree=None):
    drawn = seed(options.seed, name, options.shard_index)
    return Part(name, ["run", "--seed", drawn, *arguments], weight=weight, tree=tree)


def exhaust(options, name, arguments, weight, tree=None):
    shard = ["--shard", options.shard] if options.shard_count > 1 else []
    return Part(name, ["exhaust", *arguments, *shard], weight=weight, tree=tree)


def explore(options, name, arguments, weight, tree=None):
    shard = ["--shard", options.shard] if options.shard_count > 1 else []
    words = ["explore", "--seed", seed(options.seed, name), *arguments, *shard]
    return Part(name, words, weight=weight, tree=tree)
