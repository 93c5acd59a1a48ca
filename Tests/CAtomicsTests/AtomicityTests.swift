/// Read-modify-writes of several threads to one word lose nothing.
import CAtomics
import TestSupport
import Testing

@Suite struct AtomicityTests {
  private static let threads = 4
  private static let rounds = 20_000

  @Test func `no cmpxchg loop loses an increment`() {
    PointRecorder.watch(0) { _, word in
      Threads.race(Self.threads) { _ in
        var point = schedule_point(countdown: .max, reached: { _, _, _ in })
        for _ in 0..<Self.rounds {
          var old = read_once64(&point, word)
          while !try_cmpxchg64(&point, word, &old, old + 1) {}
        }
      }
      #expect(word.pointee == UInt64(Self.threads * Self.rounds))
    }
  }

  @Test func `no fetch_add loses an increment`() {
    PointRecorder.watch(0) { _, word in
      Threads.race(Self.threads) { _ in for _ in 0..<Self.rounds { raw_fetch_add64(word, 1) } }
      #expect(word.pointee == UInt64(Self.threads * Self.rounds))
    }
  }

  @Test func `and, or of one thread leave the bits of the others`() {
    PointRecorder.watch(0) { _, word in
      let lost = UnsafeMutablePointer<Int>.allocate(capacity: Self.threads)
      lost.initialize(repeating: 0, count: Self.threads)
      Threads.race(Self.threads) { id in
        let bit: UInt64 = 1 << UInt64(id)
        for _ in 0..<Self.rounds {
          if raw_fetch_or64(word, bit) & bit != 0 { lost[id] += 1 }
          if raw_fetch_and64(word, ~bit) & bit == 0 { lost[id] += 1 }
        }
      }
      #expect((0..<Self.threads).allSatisfy { lost[$0] == 0 })
      #expect(word.pointee == 0)
      lost.deallocate()
    }
  }

  @Test func `each value that is exchanged in comes out once`() {
    PointRecorder.watch(0) { _, word in
      let sums = UnsafeMutablePointer<UInt64>.allocate(capacity: Self.threads)
      sums.initialize(repeating: 0, count: Self.threads)
      Threads.race(Self.threads) { id in
        for round in 1...UInt64(Self.rounds) { sums[id] += raw_xchg64(word, round) }
      }
      let rounds = UInt64(Self.rounds)
      let put = UInt64(Self.threads) * rounds * (rounds + 1) / 2
      #expect((0..<Self.threads).reduce(word.pointee) { $0 + sums[$1] } == put)
      sums.deallocate()
    }
  }
}
