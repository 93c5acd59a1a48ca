/// The one generator: its published numbers, and streams that leave each other alone.
import Machine
import Testing

@Suite struct SplitMix64Tests {
  @Test func `known numbers come out`() {
    // From the reference implementation, splitmix64.c by Sebastiano Vigna.
    var draws = SplitMix64(state: 1_234_567)
    let expected: [UInt64] = [
      6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431,
      16_408_922_859_458_223_821,
    ]
    #expect(expected.map { _ in draws.next() } == expected)
    var zero = SplitMix64(state: 0)
    #expect(zero.next() == 0xe220_a839_7b1d_cdaf)
  }

  @Test func `purposes, indices and seeds have streams of their own`() {
    let purposes: [SplitMix64.Purpose] = [.round, .workload, .layout, .faults, .pauses, .resched]
    var firsts: [UInt64] = []
    for seed: UInt64 in [0, 1, 2, .max] {
      for purpose in purposes {
        for index: UInt64 in [0, 1, 2, 1023] {
          var draws = SplitMix64(seed: seed, purpose, index: index)
          firsts.append(draws.next())
        }
      }
    }
    #expect(Set(firsts).count == firsts.count)
  }

  @Test func `the same seed, purpose and index draw the same`() {
    var one = SplitMix64(seed: 42, .workload, index: 3)
    var other = SplitMix64(seed: 42, .workload, index: 3)
    #expect((0..<100).allSatisfy { _ in one.next() == other.next() })
  }

  @Test(arguments: [1, 2, 3, 512, 1 << 32, UInt64.max])
  func `a draw below a bound is below it`(bound: UInt64) {
    var draws = SplitMix64(state: 7)
    #expect((0..<1000).allSatisfy { _ in draws.below(bound) < bound })
  }

  @Test func `draws below a bound reach all of it, about as often`() {
    var draws = SplitMix64(state: 7)
    var counts: [UInt64: Int] = [:]
    for _ in 0..<10_000 { counts[draws.below(10), default: 0] += 1 }
    #expect((0..<10).allSatisfy { (850...1150).contains(counts[$0] ?? 0) })
    #expect(counts.count == 10)
  }
}
