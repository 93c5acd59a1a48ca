/// N threads that are all alive at once, meet at a gate and can be started again.
import Campaign
import Foundation
import Synchronization
import Testing

extension SoakTests {
  @Suite struct WorkersTests {
    /// Lets nobody through before all have come.
    private final class Meeting: @unchecked Sendable {
      let arrived = Atomic(0)
      let passed = Atomic(0)
      // A lock that Thread Sanitizer knows: to it Synchronization's Mutex orders nothing.
      private let lock = NSLock()
      private var ids: Set<Int> = []
      var seen: Set<Int> { lock.withLock { ids } }

      /// - Returns: false if not all came within a minute or two: fewer threads live than were asked for.
      func pass(_ id: Int, of count: Int, round: Int) -> Bool {
        lock.withLock { _ = ids.insert(id) }
        arrived.add(1, ordering: .sequentiallyConsistent)
        for _ in 0..<100_000 {
          if arrived.load(ordering: .sequentiallyConsistent) >= count * round { return true }
          usleep(1000)
        }
        return false
      }
    }

    @Test(arguments: [1, 2, 64, 300])
    func `all are live at once, round after round`(count: Int) {
      let workers = Workers(count: count)
      let meeting = Meeting()
      let rounds = Atomic(0)
      workers.start { id in
        let round = rounds.load(ordering: .sequentiallyConsistent)
        if meeting.pass(id, of: count, round: round) { meeting.passed.add(1, ordering: .sequentiallyConsistent) }
      }
      func waitForAll() { while !workers.waitForAll(nanoseconds: 10_000_000) {} }
      waitForAll()
      #expect(workers.standingCount == count)
      #expect(meeting.arrived.load(ordering: .sequentiallyConsistent) == 0, "nobody runs before the gate opens")
      for round in 1...3 {
        rounds.store(round, ordering: .sequentiallyConsistent)
        workers.open()
        waitForAll()
        #expect(meeting.passed.load(ordering: .sequentiallyConsistent) == count * round)
        #expect(workers.standingCount == count)
      }
      #expect(meeting.seen == Set(0..<count))
      workers.finish()
    }
  }
}
