/// BUSY from real contention: each lock held by one call while another needs it.
import Machine
import SecureEPT
import TestSupport
import Testing

@Suite struct ContentionTests {
  /// Calls on the entry of gfn 3 that find it in a state they want.
  private static let edits: [(SeptEntry.State, @Sendable (Domain) -> TdxStatus)] = [
    (.free, { $0.td.tdhMemSeptAdd($0.task(1), 3, 1, page: 9) }),
    (.free, { $0.td.tdhMemPageAdd($0.task(1), 3, 1, pfn: 9) }),
    (.free, { $0.td.tdhMemPageAug($0.task(1), 3, 1, pfn: 9) }),
    (.blocked, { $0.td.tdhMemPageRemove($0.task(1), 3, 1, injectable: false) }),
    (.blocked, { $0.td.tdhMemPageDemote($0.task(1), 3, 1, page: $0.septTable(3, for: 2), injectable: false) }),
  ]

  /// Point 1 of a call stands before it, point 2 inside it with its locks held.
  private static let inside: Int = 2

  @Test(arguments: edits.indices)
  func `a held entry lock makes every edit busy and stays held`(index: Int) throws {
    let domain = try Domain()
    defer { domain.destroy() }
    let (state, edit) = Self.edits[index]
    let entry = try domain.put(state, 3)
    entry.pointee |= SeptEntry.lock
    let locked = entry.pointee
    #expect(edit(domain) == .operandBusy)
    #expect(entry.pointee == locked)
    #expect(domain.calls(1).map(\.status) == [.operandBusy])
    #expect(domain.task(1).pointee.coverage[Int(Coverage.entryLockBusy.rawValue)] == 1)
    entry.pointee &= ~SeptEntry.lock
    #expect(edit(domain) != .operandBusy)
  }

  @Test(arguments: edits.indices)
  func `an entry that another call works on is busy, its neighbour is not`(index: Int) throws {
    let domain = try Domain()
    defer { domain.destroy() }
    let (state, edit) = Self.edits[index]
    try domain.put(state == .free ? .free : .pendingBlocked, 3)
    try domain.put(.free, 4)
    let outer = Interruption.at(Self.inside, of: domain.task(0)) {
      #expect(edit(domain) == .operandBusy)
      #expect(domain.td.tdhMemPageAug(domain.task(1), 4, 1, pfn: 9) == .success)
    } during: {
      state == .free
        ? domain.td.tdhMemPageAug(domain.task(0), 3, 1, pfn: 7)
        : domain.td.tdhMemPageRemove(domain.task(0), 3, 1, injectable: false)
    }
    #expect(outer == .success)
  }

  @Test func `a refusal gives the entry lock back`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    let entry = try domain.put(.mapped, 3)
    #expect(domain.td.tdhMemPageAug(domain.task(0), 3, 1, pfn: 7) == .entryStateIncorrect)
    #expect(!SeptEntry.isLocked(entry.pointee))
    #expect(domain.td.tdhMemRangeBlock(domain.task(0), 3, 1, injectable: false) == .success)
  }

  @Test(arguments: edits.indices)
  func `a block holds the tree against every edit`(index: Int) throws {
    let domain = try Domain()
    defer { domain.destroy() }
    let (state, edit) = Self.edits[index]
    let entry = try domain.put(state, 3)
    let before = entry.pointee
    try domain.put(.mapped, 1000)
    let outer = Interruption.at(Self.inside, of: domain.task(0)) {
      #expect(edit(domain) == .operandBusy)
    } during: {
      domain.td.tdhMemRangeBlock(domain.task(0), 1000, 1, injectable: false)
    }
    #expect(outer == .success)
    #expect(entry.pointee == before)
    #expect(edit(domain) != .operandBusy)
  }

  @Test func `an edit holds the tree against a block, and so does a block`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    try domain.put(.free, 3)
    let entry = try domain.put(.mapped, 4)
    func block(_ id: Int, _ gfn: Gfn) -> TdxStatus {
      domain.td.tdhMemRangeBlock(domain.task(id), gfn, 1, injectable: false)
    }
    let edit = Interruption.at(Self.inside, of: domain.task(0)) {
      #expect(block(1, 4) == .operandBusy)
    } during: {
      domain.td.tdhMemPageAug(domain.task(0), 3, 1, pfn: 7)
    }
    #expect(edit == .success)
    #expect(SeptEntry.state(entry.pointee) == .mapped)
    let outer = Interruption.at(Self.inside, of: domain.task(0)) {
      #expect(block(1, 4) == .operandBusy)
    } during: {
      block(0, 3)
    }
    #expect(outer == .success)
    #expect(block(1, 4) == .success)
  }

  /// Zero-step mitigation: the module takes the tree lock exclusively on the way into the TD.
  @Test func `an entry under zero-step mitigation holds the tree against everyone`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    try domain.put(.free, 3)
    try domain.put(.mapped, 4)
    // Point 1 is the vCPU's mode, 2 the call, 3 inside it.
    let exit = Interruption.at(3, of: domain.task(0)) {
      #expect(domain.td.tdhMemPageAug(domain.task(1), 3, 1, pfn: 7) == .operandBusy)
      #expect(domain.td.tdhMemRangeBlock(domain.task(1), 4, 1, injectable: false) == .operandBusy)
      #expect(domain.enter(1, [4], zeroStep: true) == .kicked)
      #expect(domain.enter(1, [4]) == .done)
    } during: {
      domain.enter(0, [4], zeroStep: true)
    }
    #expect(exit == .done)
    #expect(domain.td.tdhMemPageAug(domain.task(1), 3, 1, pfn: 7) == .success)
  }

  @Test func `an entry under zero-step mitigation fails where the tree is held`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    try domain.put(.free, 3)
    try domain.put(.mapped, 4)
    _ = Interruption.at(Self.inside, of: domain.task(0)) {
      #expect(domain.enter(1, [4], zeroStep: true) == .kicked)
      #expect(domain.enter(1, [4]) == .done)
    } during: {
      domain.td.tdhMemPageAug(domain.task(0), 3, 1, pfn: 7)
    }
    #expect(domain.enter(1, [4], zeroStep: true) == .done)
  }

  @Test func `locks that threads fight for are all given back`() throws {
    let threads = 4
    let domain = try Domain(tasks: threads)
    defer { domain.destroy() }
    try domain.put(.free, 3)
    try domain.put(.mapped, 4)
    Threads.race(threads) { id in
      let task = domain.task(id)
      for round in 0..<5_000 {
        _ = domain.td.tdhMemPageAug(task, 3, 1, pfn: 7)
        if round % 16 == id { _ = domain.td.tdhMemRangeBlock(task, 3, 1, injectable: false) }
        if id == 0 { _ = domain.td.tdhMemTrack(task, injectable: false) }
        _ = domain.td.tdhMemPageRemove(task, 3, 1, injectable: false)
        _ = domain.enter(id, [3, 4], zeroStep: round % 8 == 0)
        task.drain()
      }
    }
    #expect(!SeptEntry.isLocked(try #require(domain.entry(3, 1)).pointee))
    #expect(domain.td.tdhMemRangeBlock(domain.task(0), 4, 1, injectable: false) == .success)
    #expect(domain.td.tdhMemTrack(domain.task(0), injectable: false) == .success)
    #expect(domain.td.tdhMemPageRemove(domain.task(0), 4, 1, injectable: false) == .success)
    #expect(domain.td.tdhMemPageAug(domain.task(0), 4, 1, pfn: 7) == .success)
    #expect(domain.broken == nil)
  }
}
