/// N threads that are all alive at once, a gate that starts them together and a barrier where they meet.
///
/// `concurrentPerform` gives only as many threads as there are cores, and a concurrent queue is capped too. A serial
/// Dispatch queue has a thread of its own, up to 255 of them: above a safe share of that, Foundation threads serve.
import CAtomics
import Dispatch
import Foundation

package final class Workers: @unchecked Sendable {
  /// Dispatch queues used at most. Below the 255 that are served, as the process has other queues.
  static let dispatchLimit = 224
  private static let stackBytes = 1 << 20

  let count: Int
  /// Round tickets: workers wait for the word to change.
  private let gate: UnsafeMutablePointer<UInt32>
  /// Workers that stand at the gate.
  private let standing: UnsafeMutablePointer<UInt32>
  private let leaving: UnsafeMutablePointer<UInt32>
  private let gone: UnsafeMutablePointer<UInt32>
  private let words: UnsafeMutableRawPointer
  private var queues: [DispatchQueue] = []
  private var threads: [Thread] = []

  package init(count: Int) {
    self.count = count
    let words = UnsafeMutableRawPointer.allocate(byteCount: 256, alignment: 64)
    words.initializeMemory(as: UInt8.self, repeating: 0, count: 256)
    func word(_ index: Int) -> UnsafeMutablePointer<UInt32> {
      words.advanced(by: 64 * index).bindMemory(to: UInt32.self, capacity: 1)
    }
    self.words = words
    gate = word(0)
    standing = word(1)
    leaving = word(2)
    gone = word(3)
  }

  deinit { words.deallocate() }

  /// Starts the threads. `body` runs once a round on each of them, with the worker's number.
  package func start(_ body: @escaping @Sendable (Int) -> Void) {
    for id in 0..<count {
      let loop: @Sendable () -> Void = { [self] in
        var ticket = raw_load32(gate)
        while true {
          if raw_fetch_add32(standing, 1) == UInt32(count) - 1 { park_wake(standing, .max) }
          while raw_load32(gate) == ticket { park_wait(gate, ticket, 200_000_000) }
          ticket = raw_load32(gate)
          if raw_load32(leaving) != 0 { break }
          body(id)
        }
        raw_fetch_add32(gone, 1)
        park_wake(gone, .max)
      }
      if id < Self.dispatchLimit {
        let queue = DispatchQueue(label: "stress.task.\(id)")
        queues.append(queue)
        queue.async(execute: loop)
      } else {
        let thread = Thread(block: loop)
        thread.stackSize = Self.stackBytes
        threads.append(thread)
        thread.start()
      }
    }
  }

  /// Workers that stand at the gate now.
  package var standingCount: Int { Int(raw_load32(standing)) }

  /// Opens the gate. All workers must stand at it.
  package func open() {
    raw_store32(standing, 0)
    raw_fetch_add32(gate, 1)
    park_wake(gate, .max)
  }

  /// Sleeps until all workers stand at the gate, at most `nanoseconds`.
  /// - Returns: true if they do.
  package func waitForAll(nanoseconds: UInt64) -> Bool {
    let seen = raw_load32(standing)
    if seen == UInt32(count) { return true }
    // Only the last arrival wakes; each of the others changes the word, so the sleep is bounded and looked at again.
    park_wait(standing, seen, nanoseconds)
    return raw_load32(standing) == UInt32(count)
  }

  /// Ends the threads. All workers must stand at the gate.
  package func finish() {
    raw_store32(leaving, 1)
    open()
    while raw_load32(gone) != UInt32(count) {
      let seen = raw_load32(gone)
      if seen != UInt32(count) { park_wait(gone, seen, 50_000_000) }
    }
    queues.removeAll()
    threads.removeAll()
  }
}
