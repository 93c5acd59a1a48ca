"""Records for scripts/html-check: real ones, which the tool makes, and two that no run makes."""

import copy
import json
import pathlib
import subprocess

HOSTILE = "</script><img src=x onerror=\"document.title='owned'\"><svg onload=\"document.title='owned'\">"

# What a record must have from a fixed list of words.
WORDS = {"engine", "verdict", "kind", "tool", "subject", "table", "blame", "moment"}

RUNS = {
    "violation": ["explore", "--mutant", "lost-zap", "--seed", "7", "--quiet"],
    "mirror": ["explore", "--mutant", "no-restore", "--seed", "7", "--quiet"],
    "exploration": ["explore", "--schedules", "2000", "--seed", "7", "--quiet"],
    "soak": ["run", "--threads", "4", "--rounds", "1", "--seed", "7", "--quiet"],
    "bridged": ["run", "--threads", "8", "--seed", "3", "--mutant", "thaw-first", "--quiet"],
    "matrix": [
        "matrix", "--protocol", "chokepoint", "--protocol", "mainline", "--policy", "4k", "--schedules", "200",
        "--quiet",
    ],
    "mutants": ["matrix", "--quick", "--mutant", "thaw-first", "--mutant", "lost-zap", "--quiet"],
}


class Pages:
    """Makes pages in a directory."""

    def __init__(self, tool, directory):
        self.tool = tool
        self.directory = pathlib.Path(directory)

    def run(self, name):
        record = self.directory / f"{name}.json"
        self.call([*RUNS[name], "--json", str(record)], {0, 1})
        return self.page(name, json.loads(record.read_text(encoding="utf-8")))

    def page(self, name, record):
        """The page of a record, and the record."""
        source = self.directory / f"{name}.json"
        source.write_text(json.dumps(record), encoding="utf-8")
        page = self.directory / f"{name}.html"
        self.call(["report", str(source), "--html", str(page)], {0})
        return page, record

    def call(self, arguments, allowed):
        done = subprocess.run([self.tool, *arguments], cwd=self.directory, capture_output=True, text=True, check=False)
        if done.returncode not in allowed:
            raise SystemExit(f"stress {' '.join(arguments)} exited with {done.returncode}:\n{done.stderr}")


def interleaving(record):
    return record["violations"][0]["reproduction"]["interleaving"]


def hostile(record):
    """A record with markup in every text."""

    def spoil(value, key=None):
        if isinstance(value, dict):
            return {name: spoil(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [spoil(item, key) for item in value]
        return value if not isinstance(value, str) or key in WORDS else f"{value} {HOSTILE}"

    return spoil(record)


def functions(record):
    """A record whose steps are in functions, as those of a kernel are."""
    record = copy.deepcopy(record)
    for row in interleaving(record)["rows"]:
        row["action"] += " [kvm_tdp_mmu_write_spte_atomic]"
    return record


def large(record, count):
    """A record whose interleaving has `count` rows: eight threads that fault in all of a gigabyte."""
    record = copy.deepcopy(record)
    told = interleaving(record)
    threads = 8
    values = {}
    done = [0] * threads
    pages = [thread * 64 for thread in range(threads)]
    thread = 0
    rows = []
    for step in range(1, count + 1):
        if step % 7 == 0:
            thread = (thread * 5 + step) % threads
        gfn = hex(pages[thread])
        row, marks, changes = fault_step(done[thread] % 10, gfn, values)
        row.update(
            step=step, thread=thread, spte="NONPRESENT", external="free", changesSpte=False, changesExternal=False,
            isPreemption=step % 21 == 0, matters=True, repeats=1)
        if marks:
            row["marks"] = marks
        if changes:
            row["changes"] = changes
        rows.append(row)
        done[thread] += 1
        if done[thread] % 10 == 0:
            pages[thread] = (pages[thread] + 57) % 4096
    told.update(rows=rows, threads=list(range(threads)), violationStep=count - 10)
    told["entries"] = [
        {"table": table, "gfn": "0x0", "level": level, "value": f"table #{level}"}
        for table in ("mirror", "S-EPT") for level in (4, 3)
    ]
    return record


def fault_step(number, gfn, values):
    def change(table, new):
        old = values.get((table, gfn), "NONPRESENT" if table == "mirror" else "free")
        values[table, gfn] = new
        return [] if old == new else [{"table": table, "gfn": gfn, "level": 1, "old": old, "new": new}]

    def mark(kind, name, begins):
        return {"kind": kind, "name": name, "begins": begins}

    lock = "mmu_lock for read"
    return [
        lambda: ({"action": f"fault {gfn}"}, [mark("operation", f"fault {gfn}", True)], []),
        lambda: ({"action": "read_lock"}, [mark("lock", lock, True)], []),
        lambda: ({"action": "rcu_read_lock"}, [mark("rcu", "RCU", True)], []),
        lambda: ({"action": f"cmpxchg {gfn}/4K FROZEN"}, [], change("mirror", "FROZEN")),
        lambda: ({"action": f"PAGE.AUG {gfn}/4K begins"}, [], []),
        lambda: ({"action": f"PAGE.AUG {gfn}/4K -> SUCCESS"}, [], change("S-EPT", f"pending pfn {gfn}")),
        lambda: ({"action": f"WRITE_ONCE {gfn}/4K leaf"}, [], change("mirror", f"leaf pfn {gfn} WAD")),
        lambda: ({"action": f"read {gfn}/4K leaf"}, [], []),
        lambda: ({"action": "read_unlock"}, [mark("rcu", "RCU", False), mark("lock", lock, False)], []),
        lambda: ({"action": "guest access"}, [mark("operation", f"fault {gfn}", False)], []),
    ][number]()
