/// MAP-1: a fault maps what it looked up after the last zap that covers it.
import Checkers
import Machine
import Testing

@Suite struct LookupCheckerTests {
  /// Faults and zaps told in epochs. The tables are as the last fault left them, so that nothing else is wrong.
  private struct Story {
    let trees: Trees
    let isPrivate: Bool
    var bench: Bench { trees.bench }

    init(isPrivate: Bool = true) throws {
      trees = Trees(try Bench())
      self.isPrivate = isPrivate
    }

    func fault(
      _ gfn: Gfn = 600, lookedUpAt lookup: UInt64, mappedAt epoch: UInt64, huge: Bool = false, isNew: Bool = true
    ) {
      bench.task.pointee.lookupEpoch = lookup
      bench.task.pointee.lastReadEpoch = epoch
      bench.suite.promised(bench.task, mapped: gfn, isPrivate: isPrivate, huge: huge, isNew: isNew)
      let level = huge ? 2 : 1
      if isPrivate {
        trees.mapPrivate(Spte.round(gfn, level), level: level)
      } else {
        trees.mapShared(Spte.round(gfn, level), level: level)
      }
    }

    func zap(
      _ range: Range<Gfn> = 600..<601, from first: UInt64 = 4, to last: UInt64, isPrivate: Bool? = nil,
      during operation: Operation = .zap
    ) {
      bench.other.pointee.currentOperation = operation
      bench.other.pointee.firstWriteEpoch = first
      bench.other.pointee.lastWriteEpoch = last
      bench.suite.promised(bench.other, unmapped: range, isPrivate: isPrivate ?? self.isPrivate)
    }

    var found: CheckerID? { trees.foundAtRest() }
  }

  @Test(arguments: [true, false])
  func `a page looked up before a zap ended and mapped after it was given back`(isPrivate: Bool) throws {
    let story = try Story(isPrivate: isPrivate)
    story.zap(to: 5)
    story.fault(lookedUpAt: 4, mappedAt: 5)
    #expect(story.found == .map1)
    let violation = try #require(story.bench.machine.pointee.reports.violation)
    #expect(violation.gfn == 600 && violation.level == 1 && violation.entry != 0)
    #expect(violation.seen.contains("ended in 5"))
  }

  @Test(arguments: [(UInt64(5), UInt64(7)), (5, 5), (7, 9)])
  func `what was looked up after the zap is not stale`(lookup: UInt64, mapped: UInt64) throws {
    let story = try Story()
    story.zap(to: 5)
    story.fault(lookedUpAt: lookup, mappedAt: mapped)
    #expect(story.found == nil)
  }

  @Test func `a zap that ended after the mapping took it away again`() throws {
    let story = try Story()
    story.fault(lookedUpAt: 2, mappedAt: 3)
    story.zap(700..<701, from: 4, to: 5)
    #expect(story.found == nil)
  }

  @Test func `a zap beside the gfn says nothing of it, but of the huge page that holds both`() throws {
    for isHuge in [true, false] {
      let story = try Story(isPrivate: false)
      story.zap(700..<701, to: 5)
      story.fault(lookedUpAt: 4, mappedAt: 5, huge: isHuge)
      #expect(story.found == (isHuge ? .map1 : nil))
    }
  }

  @Test func `a zap of the region beside it says nothing of a huge page`() throws {
    let story = try Story(isPrivate: false)
    story.zap(0..<512, to: 5)
    story.zap(1024..<1536, from: 6, to: 7)
    story.fault(lookedUpAt: 4, mappedAt: 7, huge: true)
    #expect(story.found == nil)
  }

  @Test func `a zap of the other kind of memory gives other pages back`() throws {
    let story = try Story()
    story.zap(to: 5, isPrivate: false)
    story.fault(lookedUpAt: 4, mappedAt: 5)
    #expect(story.found == nil)
  }

  @Test(arguments: [Operation.convert, .unmap, .zap])
  func `each operation that gives pages back counts`(operation: Operation) throws {
    let story = try Story()
    story.zap(to: 5, during: operation)
    story.fault(lookedUpAt: 4, mappedAt: 5)
    #expect(story.found == .map1)
  }

  @Test func `the zap of an invalidated root gives no page back`() throws {
    let story = try Story(isPrivate: false)
    story.zap(0..<Bench.guestPages, from: 5, to: 5, during: .invalidate)
    story.fault(lookedUpAt: 4, mappedAt: 5)
    #expect(story.found == nil)
  }

  @Test func `a table that NX recovery took away gives no page back`() throws {
    let story = try Story(isPrivate: false)
    story.bench.removeTable(epoch: 5)
    story.fault(lookedUpAt: 4, mappedAt: 6)
    #expect(story.found == nil)
  }

  @Test func `a fault that found its mapping made by another mapped nothing`() throws {
    let story = try Story()
    story.zap(to: 5)
    story.fault(lookedUpAt: 4, mappedAt: 5, isNew: false)
    #expect(story.found == nil)
  }

  @Test func `one zap among many that ended in between is found`() throws {
    for covering in [Gfn(1), 50, 99] {
      let story = try Story()
      for index in 0..<100 as Range<UInt64> {
        let gfn = index == covering ? 600 : 1000 + index
        story.zap(gfn..<(gfn + 1), from: 10 + 2 * index, to: 11 + 2 * index)
      }
      story.fault(lookedUpAt: 12, mappedAt: 300)
      #expect(story.found == (11 + 2 * covering > 12 ? .map1 : nil))
      // Of another gfn, all of them are.
      let other = try Story()
      other.zap(to: 11)
      for index in 1..<100 as Range<UInt64> { other.zap(900..<901, from: 10 + 2 * index, to: 11 + 2 * index) }
      other.fault(lookedUpAt: 11, mappedAt: 300)
      #expect(other.found == nil)
    }
  }

  @Test func `a new round forgets the lookups of the last`() throws {
    let story = try Story()
    story.zap(to: 5)
    story.fault(lookedUpAt: 4, mappedAt: 5)
    story.trees.beginRound()
    #expect(story.found == nil)
  }
}
