/// Plain threads for tests: started together, waited for together. The test pool of Swift Testing has as many threads
/// as there are cores, so a test that needs several at once brings its own.
import CAtomics
import Glibc

package struct Threads {
  private final class Job {
    let id: Int
    let body: (Int) -> Void
    let ended: UnsafeMutablePointer<UInt32>

    init(_ id: Int, _ body: @escaping (Int) -> Void, _ ended: UnsafeMutablePointer<UInt32>) {
      self.id = id
      self.body = body
      self.ended = ended
    }
  }

  private let threads: [pthread_t]
  /// Threads that have come to their end.
  private let ended = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)

  /// Starts `count` threads. What `body` records must be read after `join`.
  package init(_ count: Int, _ body: @escaping (Int) -> Void) {
    let ended = ended
    ended.initialize(to: 0)
    threads = (0..<count).map { id in
      var thread = pthread_t()
      let job = Unmanaged.passRetained(Job(id, body, ended)).toOpaque()
      let code = pthread_create(
        &thread, nil,
        { raw in
          guard let raw else { return nil }
          let job = Unmanaged<Job>.fromOpaque(raw).takeRetainedValue()
          job.body(job.id)
          raw_fetch_add32(job.ended, 1)
          park_wake(job.ended, 1)
          return nil
        }, job)
      precondition(code == 0, "no thread to be had: error \(code)")
      return thread
    }
  }

  /// Waits for the end of all. One that never comes back ends the test run, with a sentence and not by hanging.
  package func join() {
    var looks = 0
    while raw_load32(ended) < UInt32(threads.count) {
      looks += 1
      precondition(looks < 1800, "\(threads.count - Int(raw_load32(ended))) of \(threads.count) threads hang")
      let seen = raw_load32(ended)
      if seen < UInt32(threads.count) { park_wait(ended, seen, 100_000_000) }
    }
    for thread in threads { pthread_join(thread, nil) }
    ended.deallocate()
  }

  /// Runs `body` on `count` threads and waits for their end.
  package static func race(_ count: Int, _ body: @escaping (Int) -> Void) { Threads(count, body).join() }
}

/// Looks until `condition` holds, for ten seconds at most: a bound for a test that fails, never a measure.
/// - Returns: false if it never held.
package func eventually(_ condition: () -> Bool) -> Bool {
  for _ in 0..<10_000 {
    if condition() { return true }
    usleep(1_000)
  }
  return condition()
}
