/// A trust domain on a machine of its own, and what a test does to its S-EPT and reads from it.
import Machine
import SecureEPT
import Testing

/// Pointers: the test destroys it.
struct Domain {
  let machine: MachinePointer
  let td: TrustDomainPointer

  /// A finalised TD: pages are added with PAGE.AUG.
  init(_ policy: Policy = .fourK, tasks: Int = 2) throws {
    machine = try #require(Machine.create(tasks: tasks, capacity: 4096), "no address space")
    td = TrustDomain.create(machine, policy: policy)
    td.pointee.build(machine.pointee.tasks[0])
    td.pointee.isRunnable = true
  }

  func destroy() {
    TrustDomain.destroy(td)
    Machine.destroy(machine)
  }

  func task(_ id: Int) -> TaskPointer { machine.pointee.tasks[id] }

  var broken: CheckerID? { machine.pointee.reports.violation?.checker }
  var seen: String { machine.pointee.reports.violation?.seen ?? "" }

  /// A table of the S-EPT's that nothing points to yet, for the entry of `level`.
  func septTable(_ gfn: Gfn, for level: Int) -> UInt32 {
    task(0).allocateTable(kind: .external, level: level - 1, gfn: Spte.round(gfn, level), fill: SeptEntry.free)
  }

  /// Links the tables above the entry of `level` that are missing.
  func link(_ gfn: Gfn, downTo level: Int) {
    for parent in stride(from: Spte.maxLevel, to: level, by: -1) where state(gfn, parent) == .free {
      #expect(td.tdhMemSeptAdd(task(0), gfn, parent, page: septTable(gfn, for: parent)) == .success)
    }
  }

  /// Puts the entry of `level` into `state`, its parents in place, and returns where it stands.
  @discardableResult
  func put(_ state: SeptEntry.State, _ gfn: Gfn, _ level: Int = 1, pfn: UInt64 = 0x1000) throws -> SptePointer {
    link(gfn, downTo: level)
    let entry = try #require(self.entry(gfn, level))
    entry.pointee = state == .free ? SeptEntry.free : SeptEntry.make(state, pfn: pfn)
    return entry
  }

  /// The entry for `gfn` at `level`, found by the test's own walk; nil if there is none.
  func entry(_ gfn: Gfn, _ level: Int) -> SptePointer? {
    var page = td.pointee.rootPage
    for parent in stride(from: Spte.maxLevel, to: level, by: -1) {
      let entry = machine.pointee.arena.table(page)[Spte.index(gfn, parent)]
      guard SeptEntry.state(entry) == .nonLeaf else { return nil }
      page = PageArena.page(pfn: SeptEntry.pfn(entry))
    }
    return machine.pointee.arena.table(page) + Spte.index(gfn, level)
  }

  func state(_ gfn: Gfn, _ level: Int = 1) -> SeptEntry.State? { entry(gfn, level).map { SeptEntry.state($0.pointee) } }

  /// Every SEAMCALL that the task has made since its events were read last.
  func calls(_ id: Int = 0) -> [Call] {
    let task = task(id)
    return (task.pointee.drained..<task.pointee.head).map { task.pointee.events[$0 & (Task.eventCapacity - 1)] }
      .filter { $0.kind == .seamcall }.map { Call($0.seamcall, $0.status) }
  }

  /// Runs the guest of a task over `gfns`. `inside` is called before each access, while the vCPU is in the TD.
  func enter(_ id: Int, _ gfns: [Gfn], zeroStep: Bool = false, inside: () -> Void = {}) -> Exit {
    var index = 0
    let exit = td.runGuest(task(id), count: gfns.count, zeroStep: zeroStep) { _ in
      inside()
      index += 1
      return gfns[index - 1]
    }
    return Exit(exit)
  }

  struct Call: Equatable, CustomStringConvertible {
    let call: Seamcall
    let status: TdxStatus

    init(_ call: Seamcall, _ status: TdxStatus) {
      self.call = call
      self.status = status
    }

    var description: String { "\(call.name) \(status.name)" }
  }

  /// `GuestExit`, comparable.
  enum Exit: Equatable {
    case done, kicked
    case violation(Gfn)

    init(_ exit: GuestExit) {
      switch exit {
      case .done: self = .done
      case .kicked: self = .kicked
      case .violation(let gfn): self = .violation(gfn)
      }
    }
  }
}
