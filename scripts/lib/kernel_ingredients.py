"""Puts into a kernel tree, one at a time, what an ordinary patch adds, and looks whether it builds.

An ingredient is a list of edits: into FILE, behind the first place that reads AFTER, at its end (APPEND), before its
first line (PREPEND), as a new file (CREATE), or a word renamed (RENAME). `takes` is what the build must have taken from
the tree for it, `refused` the primitive by whose name the tree must be refused.
"""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import tempfile

import ends
from kernel_edits import own_copy

INGREDIENTS = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "KernelIngredients" / "ingredients.json"
UNBUILDABLE = 125


class NoPlace(Exception):
    """The tree has no such text."""


def added(tree, copy, ingredient):
    """Makes `copy` a tree of links to `tree`, but for what the ingredient adds."""
    for edit in ingredient["edits"]:
        if "create" in edit:
            own_copy(tree, copy, "arch/x86/kvm/mmu/tdp_mmu.c")
            (copy / edit["file"]).write_text(edit["create"], encoding="utf-8")
            shutil.copy(tree / "arch/x86/kvm/mmu/tdp_mmu.c", copy / "arch/x86/kvm/mmu/tdp_mmu.c")
            continue
        target, text = own_copy(tree, copy, edit["file"])
        anchor = edit.get("after") or edit.get("rename") or ""
        if anchor not in text:
            raise NoPlace(f"{edit['file']} has no '{anchor.strip()}'")
        if "after" in edit:
            text = text.replace(anchor, anchor + edit["text"], 1)
        if "rename" in edit:
            text = re.sub(rf"\b{anchor}\b", edit["text"], text)
        target.write_text(edit.get("prepend", "") + text + edit.get("append", ""), encoding="utf-8")


def judged(ingredient, result):
    """The row's last word, and whether it is as the ingredient says."""
    last = (result.stdout.rstrip().splitlines() or [""])[-1]
    if result.returncode not in (0, UNBUILDABLE):
        return f"THE TOOL FAILED: exit {result.returncode}", None
    name = ingredient.get("refused")
    if name:
        named = f" wants {name}," in last
        return (f"refused: {name}" if named else f"NOT REFUSED by its name: {last}"), named
    if result.returncode:
        return f"DOES NOT BUILD: {last}", False
    # A tracepoint goes by whichever of its functions is asked for first.
    missing = [item for item in ingredient.get("takes", []) if not re.search(rf"\b{item}(_enabled)?\b", result.stdout)]
    return (f"NOT TAKEN: {', '.join(missing)}" if missing else "builds"), not missing


def arguments():
    parser = ends.Parser("kernel-ingredients", description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--tool", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="this one; may be repeated")
    parser.add_argument("tree", type=pathlib.Path, help="a kernel tree; nothing in it is changed")
    return parser.parse_args()


def main():
    options = arguments()
    tree = options.tree.resolve()
    if not (tree / "arch/x86/kvm/mmu/tdp_mmu.c").is_file():
        ends.refuse("kernel-ingredients", f"'{options.tree}' is no kernel tree")
    ingredients = json.loads(INGREDIENTS.read_text(encoding="utf-8"))
    unknown = [name for name in options.only if name not in {item["name"] for item in ingredients}]
    if unknown:
        ends.refuse("kernel-ingredients", f"no ingredient is named {', '.join(unknown)}")
    chosen = [item for item in ingredients if not options.only or item["name"] in options.only]
    compilers = [name for name in ("clang", "gcc") if shutil.which(name)]
    wrong, failed, unplaced = [], False, 0
    for ingredient in chosen:
        with tempfile.TemporaryDirectory(prefix="stress-ingredient-") as name:
            copy = pathlib.Path(name) / "tree"
            try:
                added(tree, copy, ingredient)
            except NoPlace as error:
                print(f"{ingredient['name']:18} -      NO PLACE {error}", flush=True)
                unplaced += 1
                continue
            for compiler in compilers:
                words = [options.tool, "kernel", "doctor", str(copy), "--compiler", compiler, "--items"]
                result = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
                word, good = judged(ingredient, result)
                print(f"{ingredient['name']:18} {compiler:6} {word}", flush=True)
                failed = failed or good is None
                if not good:
                    wrong.append(f"{ingredient['name']} ({compiler})")
    fit = len(chosen) - unplaced
    print(f"\n{fit} of {len(chosen)} fit, {len(wrong)} of {fit * len(compilers)} builds are not as they must be")
    for line in wrong:
        print(f"  not so: {line}")
    return ends.HARNESS_FAULT if failed else 1 if wrong else 0


if __name__ == "__main__":
    ends.run("kernel-ingredients", main)
