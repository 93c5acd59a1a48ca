/// A small VM driven by one task, its tables open to view.
///
/// By default 2M regions with an even number are private and the others shared, and one page may map any of them.
import CAtomics
import Checkers
import Machine
import MirrorMMU
import SecureEPT
import Testing

final class Vm {
  let machine: MachinePointer
  let subject: ModelMMU
  let suite: CheckerSuitePointer
  private(set) var isTornDown = false

  static let region: UInt64 = 512
  /// Two level-3 tables' worth, so that walks cross one.
  static let guestPages: UInt64 = 2 << 18

  init(
    _ policy: Policy = .fourK, protocolName: ProtocolName = .mainline, finalized: Bool = true,
    kinds: (Int) -> (isPrivate: Bool, allowsHuge: Bool) = { ($0 & 1 == 0, true) }
  ) throws {
    machine = try #require(Machine.create(tasks: 2, capacity: 8192))
    subject = ModelMMU.create(
      machine, protocolName: protocolName, mutant: nil, policy: policy, guestPages: Self.guestPages)
    suite = CheckerSuite.install(on: machine, guestPages: Self.guestPages, mergesPrivate: policy.mapsHuge)
    subject.build(task)
    subject.kvm.pointee.attributes.reset(kinds)
    beginRound()
    if finalized { subject.finalize() }
  }

  /// Tells the checkers of the tables that were just built.
  func beginRound() {
    suite.beginRound(
      mirrorRoot: mirrorRoot, septRoot: subject.td.pointee.rootPage, directRoots: subject.kvm.pointee.roots.words)
  }

  deinit {
    CheckerSuite.remove(suite)
    subject.destroy()
    Machine.destroy(machine)
  }

  var task: TaskPointer { machine.pointee.tasks[0] }
  var other: TaskPointer { machine.pointee.tasks[1] }
  var mirrorRoot: UInt32 { subject.kvm.pointee.mirrorRoot }
  var violation: Violation? { machine.pointee.reports.violation }

  /// The valid direct root, 0 for none.
  var directRoot: UInt32 {
    let roots = subject.kvm.pointee.roots
    return roots.currentSlot.map { roots.page($0) } ?? 0
  }

  // MARK: Requests

  /// One request, with what it promises told to the checkers.
  /// - Parameter other: the task that carries it out; `task` if nil.
  @discardableResult
  func perform(
    _ operation: Operation, _ range: Range<Gfn>, draw: UInt64 = 1, by other: TaskPointer? = nil
  ) -> Effect {
    let task = other ?? self.task
    let request = Request(operation: operation, range: range, draw: draw)
    task.begin(request)
    let effect = subject.perform(task, request)
    task.emit(.operationEnd, gfn: range.lowerBound)
    task.drain()
    suite.promised(task, effect)
    return effect
  }

  @discardableResult
  func perform(_ operation: Operation, _ gfn: Gfn, draw: UInt64 = 1) -> Effect {
    perform(operation, gfn..<(gfn + 1), draw: draw)
  }

  /// A 2M fault of an instruction fetch where the NX mitigation is on.
  @discardableResult
  func execute(_ gfn: Gfn) -> Effect { perform(.fault2M, gfn, draw: 0) }

  func isPrivate(_ gfn: Gfn) -> Bool { subject.kvm.pointee.attributes.isPrivate(gfn) }

  /// Ends the VM and gives every table back.
  func tearDown() {
    (task.pointee.rangeStart, task.pointee.rangeEnd) = (0, 0)
    subject.tearDown(task)
    task.drain()
    for id in 0..<2 { machine.pointee.tasks[id].rcuPoll(force: true) }
    isTornDown = true
  }

  var liveTables: Int { task.pointee.liveTables + other.pointee.liveTables }

  /// What all rules that are checked at rest say, nil for nothing.
  var foundAtRest: CheckerID? {
    let roots = subject.kvm.pointee.roots
    let invalid = (0..<Roots.slots).map { roots.page($0) }.filter { $0 != 0 && $0 != directRoot }
    suite.verifyAtRest(task, directRoot: directRoot, invalidRoots: invalid)
    return violation?.checker
  }

  // MARK: Tables

  struct Found {
    var spte: UInt64
    var level: Int
    var entry: SptePointer
    /// The table that the entry stands in.
    var page: UInt32
    var isLeaf: Bool { Spte.isLeaf(spte, level) }
    var pfn: UInt64 { Spte.pfn(spte) }
  }

  /// The last SPTE of the walk towards `gfn`.
  func walk(_ root: UInt32, _ gfn: Gfn) -> Found {
    var page = root
    for level in stride(from: Spte.maxLevel, through: 1, by: -1) {
      let entry = machine.pointee.arena.table(page) + Spte.index(gfn, level)
      let spte = raw_load64(entry)
      if level == 1 || !Spte.isNonLeaf(spte, level) { return Found(spte: spte, level: level, entry: entry, page: page) }
      page = PageArena.page(pfn: Spte.pfn(spte))
    }
    preconditionFailure("a walk ends at level 1")
  }

  func mirror(_ gfn: Gfn) -> Found { walk(mirrorRoot, gfn) }

  /// The direct root must be there.
  func direct(_ gfn: Gfn) -> Found { walk(directRoot, gfn) }

  /// Level at which `gfn` is mapped, nil if it is not.
  func mirrorLevel(_ gfn: Gfn) -> Int? { mirror(gfn).isLeaf ? mirror(gfn).level : nil }

  func directLevel(_ gfn: Gfn) -> Int? {
    guard directRoot != 0 else { return nil }
    return direct(gfn).isLeaf ? direct(gfn).level : nil
  }

  /// The S-EPT entry at which the module's walk for `gfn` ends.
  func sept(_ gfn: Gfn) -> (state: SeptEntry.State, pfn: UInt64, level: Int) {
    var page = subject.td.pointee.rootPage
    for level in stride(from: Spte.maxLevel, through: 1, by: -1) {
      let entry = raw_load64(machine.pointee.arena.table(page) + Spte.index(gfn, level))
      if level == 1 || SeptEntry.state(entry) != .nonLeaf {
        return (SeptEntry.state(entry), SeptEntry.pfn(entry), level)
      }
      page = PageArena.page(pfn: SeptEntry.pfn(entry))
    }
    preconditionFailure("a walk ends at level 1")
  }

  func header(_ page: UInt32) -> PageHeader { machine.pointee.arenaView.headers[Int(page)] }

  func isNxHugePageDisallowed(_ page: UInt32) -> Bool {
    (machine.pointee.arenaView.headers + Int(page)).nxHugePageDisallowed
  }

  func pages(_ level: Int) -> Int64 { task.pointee.pageStatistics[level] + other.pointee.pageStatistics[level] }

  var tables: Int64 { task.pointee.tableStatistics + other.pointee.tableStatistics }
}
