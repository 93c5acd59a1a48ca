/// The threads of an engine that works on fibers: each takes pieces of work until there are none.
import Foundation

package enum WorkerThreads {
  /// Of a thread that builds worlds and minimises in them; the fibers have their own.
  private static let stackBytes = 4 << 20

  /// Runs `work` on so many threads, with the thread's number from 0, and waits until it has returned on all of them.
  /// - Parameter tick: called about ten times a second meanwhile, on the calling thread.
  package static func run(count: Int, work: @escaping @Sendable (Int) -> Void, tick: () -> Void) {
    let done = DispatchSemaphore(value: 0)
    for number in 0..<count {
      let thread = Thread {
        work(number)
        done.signal()
      }
      thread.stackSize = stackBytes
      thread.start()
    }
    var left = count
    while left > 0 {
      if done.wait(timeout: .now() + .milliseconds(100)) == .success { left -= 1 } else { tick() }
    }
  }
}
