import Records

/// Hand-made interleavings, as an engine would tell them.
enum SampleInterleavings {
  private static let free = "free"
  private static let pending = "pending pfn 0x3fe01"

  /// Two faults on one gfn with a freeze that is a load and a store: thread 1 freezes between the two of thread 0.
  static var lostFreeze: Interleaving {
    var rows: [Interleaving.Row] = []
    rows += walk(thread: 0, from: 1)
    rows.append(row(9, 0, "read NONPRESENT"))
    rows += walk(thread: 1, from: 10)
    rows[9].isPreemption = true
    rows += [
      row(18, 1, "read NONPRESENT"),
      row(19, 1, "store FROZEN", "FROZEN", changesSpte: true),
      row(20, 1, "PAGE.AUG -> SUCCESS", "FROZEN", pending, changesExternal: true),
      row(21, 0, "store FROZEN", "FROZEN", pending, changesSpte: true),
    ]
    rows[rows.count - 1].isPreemption = true
    return Interleaving(
      threads: [0, 1], spteTitle: "SPTE 0x201 4K", externalTitle: "S-EPT 0x201 4K", rows: rows, violationStep: 21)
  }

  /// The same with the rest of what a replayed mainline does: thread 1 meets a frozen SPTE, spins, and finds it mapped.
  static var clean: Interleaving {
    let leaf = "leaf pfn 0x3fe01 WAD"
    var rows = walk(thread: 0, from: 1)
    rows += [
      row(9, 0, "read NONPRESENT"),
      row(10, 0, "cmpxchg FROZEN", "FROZEN", changesSpte: true),
    ]
    rows += walk(thread: 1, from: 11, spte: "FROZEN")
    rows[10].isPreemption = true
    rows += [
      row(19, 1, "read FROZEN, retry", "FROZEN", repeats: 12),
      row(31, 0, "PAGE.AUG -> SUCCESS", "FROZEN", pending, changesExternal: true),
      row(32, 0, "store leaf pfn 0x3fe01 WAD", leaf, pending, changesSpte: true),
      row(33, 0, "read_unlock", leaf, pending, matters: false),
      row(34, 1, "read leaf, spurious", leaf, pending),
      row(35, 1, "read_unlock", leaf, pending, matters: false),
    ]
    return Interleaving(
      threads: [0, 1], spteTitle: "SPTE 0x201 4K", externalTitle: "S-EPT 0x201 4K", rows: rows)
  }

  /// A fault with all that it writes and holds, and a thread whose RCU section began before the first row and whose
  /// wait does not end.
  static var detailed: Interleaving {
    func change(_ table: String, _ old: String, _ new: String) -> Interleaving.Change {
      .init(table: table, gfn: "0x201", level: 1, old: old, new: new)
    }
    var rows = [
      row(1, 0, "fault 0x201: read_lock"), row(2, 0, "rcu_read_lock"),
      row(3, 0, "cmpxchg FROZEN", "FROZEN", changesSpte: true),
      row(4, 1, "unmap 0x201: write_lock: waits", "FROZEN"),
      row(5, 0, "PAGE.AUG -> SUCCESS", "FROZEN", pending, changesExternal: true),
      row(6, 0, "WRITE_ONCE leaf", "leaf", pending, changesSpte: true),
      row(7, 0, "read_unlock; end", "leaf", pending),
    ]
    rows[0].marks = [.init(.operation, "fault 0x201", begins: true), .init(.lock, "mmu_lock for read", begins: true)]
    rows[1].marks = [.init(.rcu, "RCU", begins: true)]
    rows[2].changes = [change("mirror", "NONPRESENT", "FROZEN")]
    rows[3].isPreemption = true
    rows[3].marks = [.init(.rcu, "RCU", begins: false), .init(.wait, "mmu_lock", begins: true)]
    rows[4].changes = [change("S-EPT", "free", pending)]
    rows[5].changes = [change("mirror", "FROZEN", "leaf")]
    rows[6].marks = [
      .init(.rcu, "RCU", begins: false), .init(.lock, "mmu_lock for read", begins: false),
      .init(.operation, "fault 0x201", begins: false),
    ]
    return Interleaving(
      threads: [0, 1], spteTitle: "SPTE 0x201 4K", externalTitle: "S-EPT 0x201 4K", rows: rows, violationStep: 6)
  }

  /// Twelve threads that fault on one gfn; the last finds the SPTE left frozen.
  static var crowd: Interleaving {
    var rows = [
      row(1, 7, "fault 0x201"), row(2, 7, "cmpxchg FROZEN", "FROZEN", changesSpte: true),
      row(3, 7, "PAGE.AUG -> OPERAND_BUSY", "FROZEN"),
    ]
    for (index, thread) in [0, 1, 2, 3, 4, 5, 6, 8, 9, 10].enumerated() {
      let step = UInt64(4 + index * 40)
      rows.append(row(step, thread, "fault 0x201", "FROZEN"))
      rows[rows.count - 1].isPreemption = index % 3 == 0
      rows.append(row(step + 1, thread, "read_lock", "FROZEN", matters: false))
      rows.append(row(step + 2, thread, "read FROZEN, retry", "FROZEN", repeats: 38))
    }
    rows.append(row(404, 7, "read_unlock with SPTE 0x201 frozen", "FROZEN"))
    return Interleaving(
      threads: Array(0..<12), spteTitle: "SPTE 0x201 4K", externalTitle: "S-EPT 0x201 4K", rows: rows,
      violationStep: 404)
  }

  /// A fault down to its 4K entry: what it reads on the way matters to nobody.
  private static func walk(thread: Int, from step: UInt64, spte: String = "NONPRESENT") -> [Interleaving.Row] {
    let reads = ["read table #1", "read table #2", "read table #3"]
    let actions =
      ["fault 0x201", "read mmu_invalidate_seq", "read_lock", "rcu_read_lock"] + reads + ["read attributes"]
    return actions.enumerated().map { index, action in
      row(step + UInt64(index), thread, action, spte, matters: index == 0 || index == 2)
    }
  }

  static func row(
    _ step: UInt64, _ thread: Int, _ action: String, _ spte: String = "NONPRESENT", _ external: String = free,
    changesSpte: Bool = false, changesExternal: Bool = false, matters: Bool = true, repeats: UInt64 = 1
  ) -> Interleaving.Row {
    Interleaving.Row(
      step: step, thread: thread, action: action, spte: spte, external: external, changesSpte: changesSpte,
      changesExternal: changesExternal, isPreemption: false, matters: matters, repeats: repeats)
  }
}
