import Campaign
import Foundation
import Synchronization
import Testing

@Suite struct WorkerThreadsTests {
  @Test func `each thread has a number of its own, and all have ended before the caller goes on`() {
    let numbers = Mutex<[Int]>([])
    WorkerThreads.run(count: 5, work: { number in numbers.withLock { $0.append(number) } }, tick: {})
    #expect(numbers.withLock { $0.sorted() } == [0, 1, 2, 3, 4])
  }

  /// It would wait for ever if it were not.
  @Test func `the caller is called while threads work`() {
    let gate = DispatchSemaphore(value: 0)
    WorkerThreads.run(count: 2, work: { _ in gate.wait() }, tick: { gate.signal() })
  }
}
