import Machine
import Scheduling
import Testing

@Suite struct DistinctCounterTests {
  private func hashes(_ count: Int, seed: UInt64 = 5) -> [UInt64] {
    var draws = SplitMix64(state: seed)
    return (0..<count).map { _ in draws.next() }
  }

  @Test func `the count is exact while all hashes fit`() {
    var counter = DistinctCounter(capacity: 1 << 14)
    let all = hashes(10_000) + [0, 1, .max]
    for hash in all + all.shuffled() { counter.insert(hash) }
    #expect(counter.isExact)
    #expect(counter.count == 10_003)
  }

  @Test(arguments: [1 << 6, 1 << 10, 1 << 12]) func `it holds as many as it says before it estimates`(capacity: Int) {
    var counter = DistinctCounter(capacity: capacity)
    let all = hashes(capacity + 1)
    for hash in all.dropLast() { counter.insert(hash) }
    #expect(counter.isExact && counter.count == capacity)
    counter.insert(all[capacity])
    #expect(!counter.isExact)
  }

  @Test func `beyond that it is within 5 %`() {
    for (count, seed) in [(50_000, 1), (200_000, 2), (1_000_000, 3)] as [(Int, UInt64)] {
      var counter = DistinctCounter(capacity: 1 << 13)
      for hash in hashes(count, seed: seed) { counter.insert(hash) }
      #expect(!counter.isExact)
      #expect(abs(Double(counter.count) / Double(count) - 1) < 0.05)
    }
  }

  @Test func `the order of the hashes does not matter`() {
    // Counts just below and above where a level ends: there the first few would decide if the order did.
    for count in stride(from: 90, to: 700, by: 13) {
      let all = hashes(count, seed: UInt64(count))
      let counts = (0..<6).map { seed in
        var draws = SplitMix64(state: UInt64(seed))
        var order = all
        for index in stride(from: order.count - 1, to: 0, by: -1) {
          order.swapAt(index, Int(draws.below(UInt64(index + 1))))
        }
        var counter = DistinctCounter(capacity: 64)
        for hash in order { counter.insert(hash) }
        return counter.count
      }
      #expect(Set(counts).count == 1)
    }
  }

  @Test func `the share of new ones is about the last full window`() {
    var counter = DistinctCounter(window: 100)
    #expect(counter.newShare == 0 && counter.windowSize == 0)
    let all = hashes(100)
    for hash in all.prefix(50) { counter.insert(hash) }
    #expect(counter.newShare == 1 && counter.windowSize == 50)
    for hash in all.prefix(50) { counter.insert(hash) }
    #expect(counter.newShare == 0.5 && counter.windowSize == 100)
    for hash in all.prefix(90) + all.suffix(10) { counter.insert(hash) }
    #expect(counter.newShare == 0.5)
    for hash in all { counter.insert(hash) }
    #expect(counter.newShare == 0)
  }
}
