/// ACC-1: what the guest has accepted stays accepted until a zap covers it.
import CAtomics
import Checkers
import Machine
import Testing

@Suite struct AcceptCheckerTests {
  private struct Story {
    let trees: Trees
    var bench: Bench { trees.bench }

    init() throws { trees = Trees(try Bench(mergesPrivate: true)) }

    /// The guest accepts while `epoch` write sections have been.
    func accept(_ gfn: Gfn = 600, level: Int = 1, at epoch: UInt64, _ status: TdxStatus = .success) {
      bench.task.emit(
        .seamcall, gfn: gfn, old: UInt64(status.rawValue) | epoch << 8, level: level, root: .external,
        flags: Seamcall.accept.rawValue)
      bench.task.drain()
    }

    func zap(_ range: Range<Gfn>, to last: UInt64, isPrivate: Bool = true) {
      bench.other.pointee.currentOperation = .zap
      bench.other.pointee.firstWriteEpoch = last - 1
      bench.other.pointee.lastWriteEpoch = last
      bench.suite.promised(bench.other, unmapped: range, isPrivate: isPrivate)
    }

    var found: CheckerID? { trees.foundAtRest() }
  }

  @Test func `a page that was accepted and is`() throws {
    let story = try Story()
    story.trees.mapPrivate(600)
    story.accept(at: 3)
    #expect(story.found == nil)
    #expect(story.bench.suite.pointee.checks(.acc1) == 1)
  }

  @Test func `an accepted page that is pending again has lost what the guest wrote`() throws {
    let story = try Story()
    story.trees.mapPrivate(600, state: .pending)
    story.accept(at: 3)
    #expect(story.found == .acc1)
    let violation = try #require(story.bench.machine.pointee.reports.violation)
    #expect(violation.gfn == 600 && violation.level == 1)
    #expect(violation.seen.contains("pending"))
  }

  @Test func `an accepted page that is gone, with its table, its region, or on its own`() throws {
    for other in [Gfn(601), 2000, 1 << 18] {
      let story = try Story()
      story.trees.mapPrivate(other)
      story.accept(at: 3)
      #expect(story.found == .acc1)
    }
  }

  @Test func `a page that was never accepted may be pending`() throws {
    let story = try Story()
    story.trees.mapPrivate(600, state: .pending)
    story.trees.mapPrivate(601)
    story.accept(601, at: 3)
    story.accept(600, at: 3, .entryStateIncorrect)
    #expect(story.found == nil)
  }

  @Test func `a zap that covers the gfn undoes the accept, one that came before it does not`() throws {
    for (end, expected) in [(UInt64(4), nil), (3, CheckerID.acc1)] {
      let story = try Story()
      story.accept(at: 3)
      story.zap(600..<601, to: end)
      #expect(story.found == expected)
    }
  }

  @Test(arguments: [Gfn(601)..<602, 599..<600, 512..<600, 601..<1024, 0..<512])
  func `a zap of its neighbours does not take an accepted page along`(range: Range<Gfn>) throws {
    let story = try Story()
    story.accept(at: 3)
    story.zap(range, to: 5)
    #expect(story.found == .acc1)
  }

  @Test(arguments: [Gfn(600)..<601, 512..<1024, 599..<602, 0..<Bench.guestPages])
  func `a zap that covers it among others does`(range: Range<Gfn>) throws {
    let story = try Story()
    story.accept(at: 3)
    story.zap(range, to: 5)
    #expect(story.found == nil)
  }

  @Test func `a zap of shared memory undoes nothing`() throws {
    let story = try Story()
    story.accept(at: 3)
    story.zap(600..<601, to: 5, isPrivate: false)
    #expect(story.found == .acc1)
  }

  @Test(arguments: [SeptEntry.State.mapped, .pending])
  func `a huge page is accepted as a whole`(state: SeptEntry.State) throws {
    let story = try Story()
    story.trees.mapPrivate(512, level: 2, state: state)
    story.accept(512, level: 2, at: 3)
    #expect(story.found == (state == .mapped ? nil : .acc1))
  }

  @Test func `a split keeps every page of a huge one that was accepted, but for what was zapped`() throws {
    for lost in [Gfn?.none, 512, 700, 1023] {
      let story = try Story()
      for gfn in 512..<1024 as Range<Gfn> where gfn != 800 {
        story.trees.mapPrivate(gfn, state: gfn == lost ? .pending : .mapped)
      }
      story.accept(512, level: 2, at: 3)
      story.zap(800..<801, to: 5)
      #expect(story.found == (lost == nil ? nil : .acc1))
      if let lost { #expect(story.bench.machine.pointee.reports.violation?.gfn == lost) }
    }
  }

  @Test func `what the guest was built with counts as accepted`() throws {
    let story = try Story()
    let entry = story.trees.spte(600)
    let index = UInt32((UInt(bitPattern: entry) - UInt(bitPattern: story.bench.machine.pointee.arenaView.base)) / 8)
    let leaf = Entry(index: index, gfn: 600)
    story.bench.shared {
      story.bench.freeze(leaf)
      story.bench.call(.pageAdd, leaf)
      story.bench.thaw(leaf, Value.leaf(600))
    }
    story.trees.mapPrivate(600)
    #expect(story.bench.found == nil)
    raw_store64(story.trees.septEntry(600), SeptEntry.make(.pending, pfn: 600))
    #expect(story.found == .acc1)
  }

  @Test func `a gfn beyond the guest is no one's`() throws {
    let story = try Story()
    story.accept(Bench.guestPages + 5, at: 3)
    #expect(story.found == nil)
  }

  @Test func `a new round begins with nothing accepted`() throws {
    let story = try Story()
    story.accept(at: 3)
    story.accept(1024, level: 2, at: 3)
    story.trees.beginRound()
    story.trees.mapPrivate(600, state: .pending)
    #expect(story.found == nil)
  }
}
