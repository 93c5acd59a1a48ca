/// Sleeping on a word: who is woken, and who never falls asleep.
///
/// A sleep here ends by itself after twice the time that `eventually` looks, so that a test whose wake-up is lost fails
/// and does not hang.
import CAtomics
import Glibc
import TestSupport
import Testing

@Suite struct ParkTests {
  private static let bound: UInt64 = 20_000_000_000

  @Test func `a parked thread is woken`() { expectAllWoken(1, by: 1) }

  @Test func `a wake of as many as there are wakes all`() { expectAllWoken(8, by: 8) }

  /// Regression: the kernel takes an int, and this count was negative there: it woke one.
  @Test func `a wake of UInt32.max wakes all`() { expectAllWoken(8, by: .max) }

  @Test func `nobody falls asleep on a word that has changed`() {
    withWords { word, left in
      word.pointee = 1
      let threads = Threads(1) { _ in
        park_wait(word, 0, Self.bound)
        raw_fetch_add32(left, 1)
      }
      #expect(eventually { raw_load32(left) == 1 })
      threads.join()
    }
  }

  @Test func `a sleep ends by itself`() {
    withWords { word, _ in
      park_wait(word, 0, 1_000_000)
      park_wait(word, 0, 1_000_000_001)
      #expect(word.pointee == 0)
    }
  }

  @Test func `a wake without sleepers is nothing`() {
    withWords { word, _ in
      park_wake(word, 1)
      park_wake(word, .max)
      #expect(word.pointee == 0)
    }
  }

  private func expectAllWoken(_ count: Int, by wake: UInt32, sourceLocation: SourceLocation = #_sourceLocation) {
    withWords { word, left in
      let threads = Threads(count) { _ in
        if raw_load32(word) == 0 { park_wait(word, 0, Self.bound) }
        raw_fetch_add32(left, 1)
      }
      // Enough for all to fall asleep; who comes late finds the word changed and passes the test for nothing.
      usleep(50_000)
      raw_store32(word, 1)
      park_wake(word, wake)
      #expect(
        eventually { raw_load32(left) == UInt32(count) }, "\(raw_load32(left)) of \(count) woke",
        sourceLocation: sourceLocation)
      threads.join()
    }
  }

  /// Two words, both 0.
  private func withWords(_ body: (UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>) -> Void) {
    let words = UnsafeMutablePointer<UInt32>.allocate(capacity: 2)
    words.initialize(repeating: 0, count: 2)
    body(words, words + 1)
    words.deallocate()
  }
}
