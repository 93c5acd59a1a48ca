import Episodes
import Executions
import Machine
import MirrorMMU
import TestSupport
import Testing

/// The tables of real findings show what was broken.
@Suite struct MutantTraceTests {
  @Test func `thaw-first: the SPTE is present before the external entry`() throws {
    let interleaving = try Failing.search(.thawFirst, .faultFault, minimized: true).interleaving()
    let breaking = try #require(interleaving.breaking)
    #expect(breaking.action.hasPrefix("WRITE_ONCE "))
    #expect(breaking.matters && breaking.changesSpte)
    #expect(["free", "no table"].contains(breaking.external))
    let freeze = try #require(interleaving.shown.last { $0.step < breaking.step && $0.changesSpte })
    #expect(freeze.action == "cmpxchg FROZEN")
  }

  @Test func `no-restore: BUSY, then the lock is dropped over FROZEN`() throws {
    let interleaving = try Failing.search(.noRestore, .busy, minimized: true).interleaving()
    let actions = interleaving.shown.map(\.action)
    #expect(interleaving.breaking?.action == "read_unlock")
    #expect(interleaving.breaking?.spte == "FROZEN")
    #expect(actions.contains { $0.hasSuffix(" -> BUSY") })
    #expect(actions.contains("cmpxchg FROZEN") && actions.contains("read_lock"))
  }

  @Test func `lost-zap: the zap's cmpxchg loses and the leaf stays`() throws {
    let interleaving = try Failing.search(.lostZap, .lockless, minimized: true).interleaving()
    let lost = try #require(interleaving.shown.first { $0.action.hasPrefix("lost cmpxchg, saw leaf") })
    #expect(lost.spte.hasPrefix("leaf "))
    #expect(interleaving.spteTitle.hasPrefix("direct SPTE 0x"))
    #expect(interleaving.externalTitle == "S-EPT" && lost.external == "-")
    // What the zap had read, and who overtook it.
    let read = try #require(interleaving.shown.first { $0.thread == lost.thread && $0.action.hasPrefix("read leaf") })
    #expect(interleaving.shown.contains { $0.thread != lost.thread && $0.step > read.step && $0.changesSpte })
  }

  @Test func `early-free: who frees the table, and the reader that may still stand in it`() throws {
    let interleaving = try Failing.search(.earlyFree, .faultNxRecover, minimized: true).interleaving()
    let breaking = try #require(interleaving.breaking)
    #expect(breaking.action.contains("; frees table #"))
    // The entry that pointed to the table, not one inside it.
    let removal = try #require(interleaving.shown.first { $0.changesSpte })
    #expect(interleaving.rows[0].spte.hasPrefix("table #") && !removal.spte.hasPrefix("table #"))
    #expect(
      interleaving.shown.contains {
        $0.thread != breaking.thread && $0.action.hasSuffix("rcu_read_lock") && $0.step < breaking.step
      })
  }

  @Test func `no-track: BLOCK and REMOVE with nothing between`() throws {
    let interleaving = try Failing.search(.noTrack, .guestZap, minimized: true).interleaving()
    let calls = interleaving.shown.map(\.action).filter { $0.contains("RANGE.BLOCK ->") || $0.contains("REMOVE ->") }
    #expect(calls == ["RANGE.BLOCK -> SUCCESS", "PAGE.REMOVE -> TLB_TRACKING_NOT_DONE"])
    #expect(interleaving.breaking?.action == calls.last)
    #expect(interleaving.breaking?.external.hasPrefix("blocked") ?? false)
    #expect(!interleaving.rows.contains { $0.action.hasPrefix("TRACK") })
  }

  @Test func `stats-early: the BUSY that the statistics did not survive`() throws {
    let failing = try Failing.search(.statsEarly, .busy, minimized: true)
    let interleaving = try failing.interleaving()
    #expect(failing.finding.violation.checker == .cnt1)
    #expect(interleaving.violationStep == nil)
    #expect(interleaving.shown.contains { $0.action == "PAGE.AUG -> BUSY" && $0.spte == "FROZEN" })
  }

  @Test func `busy-spin: the spin is folded and keeps its count`() throws {
    let failing = try Failing.search(.busySpin, .busy, minimized: true)
    let interleaving = try failing.interleaving()
    let spin = try #require(interleaving.shown.first { $0.repeats > 1 })
    #expect(spin.action.hasSuffix(" -> BUSY") && spin.repeats >= 60)
    #expect(interleaving.rows.reduce(0) { $0 + $1.repeats } == UInt64(failing.finding.steps))
    #expect(interleaving.breaking?.matters ?? false)
  }

  @Test func `parent-first: the end of the VM is told though no thread races in it`() throws {
    let failing = try Failing.search(.parentFirst, .teardown, minimized: true)
    let interleaving = try failing.interleaving()
    #expect(interleaving.violationStep == nil)
    let last = try #require(interleaving.shown.last)
    #expect(last.action.hasPrefix("VM's end: PAGE.RECLAIM") && last.action.hasSuffix(" -> CHILDREN_PRESENT"))
    #expect(last.external.hasPrefix("table #"))
  }

  @Test func `stale-fault: the zap that the fault has missed`() throws {
    let interleaving = try Failing.search(.staleFault, .faultConvert, minimized: true).interleaving()
    #expect(interleaving.violationStep == nil)
    let mapping = try #require(interleaving.shown.last { $0.changesSpte })
    let missed = try #require(
      interleaving.shown.last { $0.action.hasSuffix("WRITE_ONCE mmu_invalidate_seq") && $0.step < mapping.step })
    #expect(missed.thread != mapping.thread)
    #expect(interleaving.shown.contains { $0.thread == missed.thread && $0.action.hasPrefix("write_lock") })
    // Each thread of a minimised schedule is told.
    #expect(Set(interleaving.shown.map(\.thread)) == Set(interleaving.threads))
  }

  @Test func `micro: both words, and the cmpxchg that lost`() throws {
    let failing = try Failing.search(.thawFirst, .micro)
    let interleaving = try failing.interleaving()
    #expect(interleaving.spteTitle == "SPTE" && interleaving.externalTitle == "external word")
    #expect(interleaving.violationStep == nil)
    let last = try #require(interleaving.rows.last)
    #expect(last.spte != last.external)
    for (before, row) in zip(interleaving.rows, interleaving.rows.dropFirst()) {
      #expect(row.changesSpte == (row.spte != before.spte))
      #expect(row.changesExternal == (row.external != before.external))
      if row.action.hasPrefix("read ") { #expect(row.action == "read \(before.spte)") }
      if row.action.hasPrefix("lost cmpxchg") {
        #expect(row.action == "lost cmpxchg, saw \(before.spte)" && !row.changesSpte)
      }
      if row.action == "cmpxchg FROZEN" { #expect(row.spte == "FROZEN" && before.spte != "FROZEN") }
    }
  }

  @Test(arguments: [
    (Mutant.noFreeze, ScenarioName.faultFault), (.stayFrozen, .faultFault), (.restoreNew, .busy),
    (.doublePropagate, .faultFault), (.plainFreeze, .faultFault), (.ignoreFrozen, .faultFault),
  ])
  func `an execution as it was found can be told too`(mutant: Mutant, scenario: ScenarioName) throws {
    let failing = try Failing.search(mutant, scenario, threads: 3)
    let interleaving = try failing.interleaving()
    let breaking = try #require(interleaving.breaking)
    #expect(breaking.thread == failing.finding.violation.task)
    #expect(breaking.matters)
    // What came after is shown only where it changes what the columns show.
    #expect(interleaving.shown.last?.step == breaking.step)
    #expect(interleaving.rows.count { $0.isPreemption } <= failing.finding.preemptions)
    #expect(interleaving.rows.filter { $0.action.count > 48 }.map(\.action) == [])
  }
}
