/// TDH.MEM.TRACK: epochs follow each other only when nobody is left in the one before.
import Machine
import SecureEPT
import TestSupport
import Testing

@Suite struct TrackTests {
  /// The epoch, as the last TRACK told it.
  private func epoch(_ domain: Domain) -> UInt64? {
    let task = domain.task(0)
    return task.pointee.events[(task.pointee.head - 1) & (Task.eventCapacity - 1)].new
  }

  @Test func `each track begins an epoch`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    for next: UInt64 in 2...4 {
      #expect(domain.td.tdhMemTrack(domain.task(0), injectable: false) == .success)
      #expect(epoch(domain) == next)
    }
  }

  @Test func `a vCPU in the epoch before the current one keeps it from ending`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    let td = domain.td
    try domain.put(.mapped, 0)
    let exit = domain.enter(1, [0]) {
      // The vCPU runs in epoch 1: it may become the one before, not the one before that.
      #expect(td.tdhMemTrack(domain.task(0), injectable: false) == .success)
      #expect(td.tdhMemTrack(domain.task(0), injectable: false) == .previousEpochBusy)
      #expect(epoch(domain) == 2)
    }
    #expect(exit == .done)
    #expect(td.tdhMemTrack(domain.task(0), injectable: false) == .success)
    #expect(epoch(domain) == 3)
  }

  /// Regression: TRACK gave its lock back with a store that wiped out the vCPUs counting themselves in and out again,
  /// and from then on every TRACK was BUSY.
  @Test func `a track that races with entering vCPUs loses no lock`() throws {
    let vcpus = 4
    let domain = try Domain(tasks: vcpus + 1)
    defer { domain.destroy() }
    try domain.put(.mapped, 0)
    let tracker = domain.task(vcpus)
    Threads.race(vcpus + 1) { id in
      if id == vcpus {
        for _ in 0..<10_000 {
          tracker.writeLock()
          _ = domain.td.tdhMemTrack(tracker, injectable: false)
          domain.td.kickAll(tracker)
          tracker.writeUnlock()
          tracker.drain()
        }
        tracker.publish(.operationsCompleted, 1)
      } else {
        while tracker.published(.operationsCompleted) == 0 { _ = domain.enter(id, [0]) }
      }
    }
    #expect(domain.td.tdhMemTrack(domain.task(0), injectable: false) == .success)
    #expect(domain.enter(0, [0]) == .done)
    #expect(domain.broken == nil)
  }
}
