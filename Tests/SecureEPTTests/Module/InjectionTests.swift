/// Injected BUSY: as often as asked for, lasting where the kernel's does, and never where the kernel excludes it.
import Machine
import SecureEPT
import Testing

@Suite struct InjectionTests {
  private static let always: UInt64 = 1 << 32
  private static let half: UInt64 = 1 << 31

  /// Statuses of `count` calls that change nothing: the parents are missing.
  private func probe(_ domain: Domain, _ count: Int) -> [TdxStatus] {
    (0..<count).map { _ in domain.td.tdhMemPageAug(domain.task(0), 0, 1, pfn: 7) }
  }

  private func domain(threshold: UInt64) throws -> Domain {
    let domain = try Domain()
    domain.task(0).pointee.busyThreshold = threshold
    domain.task(0).pointee.faultDraws = SplitMix64(state: 3)
    return domain
  }

  @Test func `it comes as often as it was asked for`() throws {
    for percent: UInt64 in [0, 5, 25, 100] {
      let domain = try domain(threshold: percent * Self.always / 100)
      defer { domain.destroy() }
      let busy = probe(domain, 20_000).count { $0 == .operandBusy }
      #expect(abs(busy - Int(percent) * 200) <= 300, "\(percent) % gave \(busy) of 20000")
      if percent % 100 == 0 { #expect(busy == Int(percent) * 200) }
    }
  }

  @Test func `the same draws give the same answers`() throws {
    let one = try domain(threshold: Self.half)
    defer { one.destroy() }
    let other = try domain(threshold: Self.half)
    defer { other.destroy() }
    #expect(probe(one, 100) == probe(other, 100))
  }

  @Test func `it changes nothing in the table`() throws {
    let domain = try domain(threshold: 0)
    defer { domain.destroy() }
    let entry = try domain.put(.free, 3)
    domain.task(0).pointee.busyThreshold = Self.always
    #expect(domain.td.tdhMemPageAug(domain.task(0), 3, 1, pfn: 7) == .operandBusy)
    #expect(entry.pointee == SeptEntry.free)
    entry.pointee = SeptEntry.make(.mapped, pfn: 7)
    #expect(domain.td.tdhMemRangeBlock(domain.task(0), 3, 1, injectable: true) == .operandBusy)
    #expect(domain.td.tdhMemTrack(domain.task(0), injectable: true) == .operandBusy)
    #expect(entry.pointee == SeptEntry.make(.mapped, pfn: 7))
    // What is not injectable succeeds with the same threshold.
    #expect(domain.td.tdhMemRangeBlock(domain.task(0), 3, 1, injectable: false) == .success)
    #expect(domain.td.tdhMemTrack(domain.task(0), injectable: false) == .success)
    #expect(domain.td.tdhMemPageRemove(domain.task(0), 3, 1, injectable: true) == .operandBusy)
    #expect(domain.td.tdhMemPageRemove(domain.task(0), 3, 1, injectable: false) == .success)
  }

  @Test func `under the read lock it lasts until the lock is dropped`() throws {
    let domain = try domain(threshold: Self.half)
    defer { domain.destroy() }
    let task = domain.task(0)
    var sections: [TdxStatus] = []
    for _ in 0..<40 {
      task.readLock()
      let statuses = probe(domain, 8)
      task.readUnlock()
      // Once busy, busy to the end of the section.
      let tail = statuses.drop { $0 != .operandBusy }
      #expect(tail.allSatisfy { $0 == .operandBusy })
      sections.append(statuses[0])
    }
    #expect(sections.contains(.operandBusy))
    #expect(sections.contains(.walkFailed))
  }

  @Test func `without the read lock each call draws anew`() throws {
    for isLocked in [false, true] {
      let domain = try domain(threshold: Self.half)
      defer { domain.destroy() }
      if isLocked { domain.task(0).writeLock() }
      let statuses = probe(domain, 100)
      #expect(statuses.drop { $0 != .operandBusy }.contains(.walkFailed))
    }
  }

  /// `tdh_do_no_vcpus()`: the second attempt finds every vCPU outside, so nothing may be busy.
  @Test func `the retry of a removal is never injected`() throws {
    let domain = try domain(threshold: 0)
    defer { domain.destroy() }
    let entry = try domain.put(.mapped, 3)
    let task = domain.task(0)
    task.pointee.busyThreshold = Self.always
    task.drain()
    task.writeLock()
    let present = Spte.mmuPresent | Spte.rwx | 0x1000 << 12
    #expect(domain.td.tdxSeptSetPrivateSpte(task, 3, present, Spte.nonpresent, 1) == 0)
    task.writeUnlock()
    #expect(
      domain.calls() == [
        .init(.rangeBlock, .operandBusy), .init(.rangeBlock, .success), .init(.track, .operandBusy),
        .init(.track, .success), .init(.pageRemove, .operandBusy), .init(.pageRemove, .success),
      ])
    #expect(entry.pointee == SeptEntry.free)
    #expect(domain.broken == nil)
  }
}
