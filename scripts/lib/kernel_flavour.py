"""The command line of `scripts/kernel-flavour`.

A flavour is a file of edits, as a mutant is: a summary, the release that it is written over, the flavour that it is
built on if there is one (`base`), and the edits.
"""

import json
import pathlib
import shutil
import sys

from kernel_edits import NoMatch, edited_copy

FLAVOURS = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "KernelFlavours"
USAGE, NO_MATCH = 64, 2


def known():
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FLAVOURS.glob("*.json"))}


def edits(flavours, name):
    """Those of the flavour that it is built on come first."""
    flavour = flavours[name]
    return (edits(flavours, flavour["base"]) if "base" in flavour else []) + flavour["edits"]


def refuse(text):
    print(f"kernel-flavour: {text}", file=sys.stderr)
    return USAGE


def main(arguments):
    flavours = known()
    if not arguments:
        for name, flavour in flavours.items():
            print(f"{name:18}  over Linux {flavour['over']:4}  {flavour['summary']}")
        return 0
    if len(arguments) != 3:
        return refuse("usage: kernel-flavour NAME TREE COPY; without arguments it lists the names")
    name, tree, copy = arguments[0], pathlib.Path(arguments[1]).resolve(), pathlib.Path(arguments[2])
    if name not in flavours:
        return refuse(f"no flavour is named '{name}': there are {', '.join(flavours)}")
    if not (tree / "arch/x86/kvm/mmu/tdp_mmu.c").is_file():
        return refuse(f"'{arguments[1]}' is no kernel tree: it has no arch/x86/kvm/mmu/tdp_mmu.c")
    if copy.exists():
        return refuse(f"'{copy}' is there already: name a folder that is not")
    try:
        edited_copy(tree, copy, edits(flavours, name))
    except (NoMatch, OSError) as error:
        # What is half edited is no tree of anything.
        shutil.rmtree(copy, ignore_errors=True)
        print(f"kernel-flavour: {name} is over Linux {flavours[name]['over']}: {error}", file=sys.stderr)
        return NO_MATCH
    print(copy)
    return 0


sys.exit(main(sys.argv[1:]))
