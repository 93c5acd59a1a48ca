import Episodes
import Executions
import Machine
import MirrorMMU
import Scheduling
import SecureEPT
import TestSupport
import Testing

/// What is told of an execution: the violation's entry, its values step by step, and the steps that led there.
@Suite struct InterleavingBuilderTests {
  private static func fault(_ gfn: Gfn) -> Request { Request(operation: .fault, range: gfn..<(gfn + 1), draw: 0) }

  /// Two threads fault on one private gfn whose tables are there.
  private static func twoFaults(_ populated: [Request] = [fault(0x10)]) -> Episode {
    Episode(
      scenario: "test", policy: .fourK, regions: [.init(isPrivate: true, allowsHuge: false)], populated: populated,
      threads: [[fault(0x11)], [fault(0x11)]])
  }

  @Test func `a fault is told in the kernel's words, with the values it leaves behind`() throws {
    let interleaving = try Failing(Self.twoFaults(), Schedule()).interleaving()
    #expect(interleaving.threads == [0, 1])
    #expect(interleaving.spteTitle == "SPTE 0x11 4K")
    #expect(interleaving.externalTitle == "S-EPT 0x11 4K")
    #expect(
      Array(interleaving.lines.prefix(6)) == [
        "0 fault 0x11 | NONPRESENT | free",
        "0 read_lock | NONPRESENT | free",
        "0 cmpxchg FROZEN | *FROZEN | free",
        "0 PAGE.AUG -> SUCCESS | FROZEN | *pending pfn 0x11",
        "0 WRITE_ONCE leaf | *leaf pfn 0x11 WAD | pending pfn 0x11",
        "0 read_unlock; end | leaf pfn 0x11 WAD | pending pfn 0x11",
      ])
    #expect(interleaving.violationStep == nil)
  }

  @Test func `what a fault writes is told entry by entry, in both tables`() throws {
    let changes = try Failing(Self.twoFaults(), Schedule()).interleaving().rows.flatMap { $0.changes ?? [] }
    #expect(
      changes.prefix(3) == [
        .init(table: "mirror", gfn: "0x11", level: 1, old: "NONPRESENT", new: "FROZEN"),
        .init(table: "S-EPT", gfn: "0x11", level: 1, old: "free", new: "pending pfn 0x11"),
        .init(table: "mirror", gfn: "0x11", level: 1, old: "FROZEN", new: "leaf pfn 0x11 WAD"),
      ])
  }

  @Test func `what begins with a step ends with one of the same thread`() throws {
    let marks = try Failing(Self.twoFaults(), Schedule()).interleaving().rows.flatMap { row in
      (row.marks ?? []).map { "\(row.thread) \($0.begins ? "+" : "-")\($0.name)" }
    }
    #expect(
      marks.prefix(6) == [
        "0 +fault 0x11", "0 +mmu_lock for read", "0 +RCU", "0 -RCU", "0 -mmu_lock for read", "0 -fault 0x11",
      ])
    #expect(marks.filter { $0.contains(" +") }.count == marks.filter { $0.contains(" -") }.count)
  }

  @Test func `every step is told once, in its order, under the thread that took it`() throws {
    let failing = try Failing(Self.twoFaults(), Schedule())
    let interleaving = try failing.interleaving()
    var expected: UInt64 = 1
    for row in interleaving.rows {
      #expect(row.step == expected)
      expected += row.repeats
    }
    #expect(expected == UInt64(failing.finding.steps) + 1)
    #expect(interleaving.rows.map(\.thread).reduce(into: []) { if $0.last != $1 { $0.append($1) } } == [0, 1])
    #expect(interleaving.rows.map(\.isPreemption).contains(true) == false)
    #expect(interleaving.rows.filter { $0.action.isEmpty } == [])
  }

  @Test func `a preemption is marked where the thread before could have gone on`() throws {
    let schedule = Schedule(switches: [.init(task: 0, step: 8, next: 1)])
    let interleaving = try Failing(Self.twoFaults(), schedule).interleaving()
    let marked = interleaving.rows.filter(\.isPreemption)
    #expect(marked.map(\.thread) == [1])
    #expect(marked.first?.action == "fault 0x11")
  }

  @Test func `a thread that meets FROZEN is shown, and so is what it does about it`() throws {
    // Thread 0 is left between the freeze and the external write.
    let alone = try Failing(Self.twoFaults(), Schedule()).interleaving()
    let freeze = try #require(alone.rows.first { $0.action == "cmpxchg FROZEN" })
    let schedule = Schedule(switches: [.init(task: 0, step: UInt32(freeze.step) - 1, next: 1)])
    let interleaving = try Failing(Self.twoFaults(), schedule).interleaving()
    #expect(interleaving.lines.contains("1 read FROZEN | FROZEN | free"))
    #expect(interleaving.shown.contains { $0.thread == 1 && $0.action.hasPrefix("read_unlock") })
    #expect(interleaving.shown.contains { $0.thread == 1 && $0.action == "fault 0x11" })
  }

  @Test func `tables that are missing at first are told so`() throws {
    let interleaving = try Failing(Self.twoFaults([]), Schedule()).interleaving()
    #expect(interleaving.rows.first?.spte == "no table")
    #expect(interleaving.rows.first?.external == "no table")
    let link = try #require(interleaving.rows.first { $0.spte == "NONPRESENT" })
    #expect(link.action.hasPrefix("WRITE_ONCE 0x0/2M table #"))
    #expect(link.changesSpte && link.matters)
    #expect(interleaving.rows.last?.spte == "leaf pfn 0x11 WAD")
  }

  @Test func `a schedule that breaks another rule, or none, gives nothing`() throws {
    var failing = try Failing.search(.noRestore, .busy)
    #expect(InterleavingBuilder.build(failing.replayer, failing.finding) != nil)
    var other = failing.finding
    other.violation.checker = .map1
    #expect(InterleavingBuilder.build(failing.replayer, other) == nil)
    failing = try Failing(Self.twoFaults(), Schedule())
    other = failing.finding
    other.violation.stamp = 1 << 16
    #expect(InterleavingBuilder.build(failing.replayer, other) == nil)
  }

  @Test func `building leaves the world as replayable as it was`() throws {
    let failing = try Failing.search(.noRestore, .busy)
    let first = try failing.interleaving()
    let again = failing.replayer.replay(failing.finding.episode, failing.finding.schedule, isStrict: true)
    #expect(again.eventHash == failing.finding.eventHash)
    #expect(failing.replayer.replay(failing.finding.schedule, isStrict: true).eventHash == again.eventHash)
    #expect(try failing.interleaving() == first)
  }

  @Test func `another world tells the same`() throws {
    let failing = try Failing.search(.thawFirst, .faultZap)
    let fresh = try #require(
      Replayer(tasks: 2, subject: .model(.mainline, .thawFirst), policy: .fourK))
    #expect(InterleavingBuilder.build(fresh, failing.finding) == (try failing.interleaving()))
  }
}
