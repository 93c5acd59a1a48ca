/// RANGE.BLOCK: which entries can be blocked.
import Machine
import SecureEPT
import Testing

@Suite struct BlockTests {
  @Test func `a mapped and a pending page are blocked, each in its way`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    for (before, after) in [(SeptEntry.State.mapped, SeptEntry.State.blocked), (.pending, .pendingBlocked)] {
      let entry = try domain.put(before, 3, pfn: 0xabc)
      domain.task(0).drain()
      #expect(domain.td.tdhMemRangeBlock(domain.task(0), 3, 1, injectable: false) == .success)
      // The first epoch is 1.
      #expect(entry.pointee == SeptEntry.with(SeptEntry.make(after, pfn: 0xabc), state: after, epoch: 1))
      #expect(domain.calls() == [.init(.rangeBlock, .success)])
    }
  }

  @Test func `the entry remembers the epoch in which it was blocked`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    let entry = try domain.put(.mapped, 3)
    for _ in 0..<4 { #expect(domain.td.tdhMemTrack(domain.task(0), injectable: false) == .success) }
    #expect(domain.td.tdhMemRangeBlock(domain.task(0), 3, 1, injectable: false) == .success)
    #expect(SeptEntry.blockEpoch(entry.pointee) == 5)
  }

  @Test func `entries in another state are refused and stay as they were`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    for state in [SeptEntry.State.free, .nonLeafBlocked, .blocked, .pendingBlocked] {
      let entry = try domain.put(state, 3)
      let before = entry.pointee
      #expect(domain.td.tdhMemRangeBlock(domain.task(0), 3, 1, injectable: false) == .entryStateIncorrect)
      #expect(entry.pointee == before)
    }
  }

  @Test func `a missing parent fails the walk`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    #expect(domain.td.tdhMemRangeBlock(domain.task(0), 3, 1, injectable: false) == .walkFailed)
  }
}
