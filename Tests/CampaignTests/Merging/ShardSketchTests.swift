/// The sketch as text, and as a set that adds up.
import Campaign
import Machine
import Scheduling
import Testing

@Suite struct ShardSketchTests {
  private func sketch(_ range: Range<UInt64>, capacity: Int = 1 << 21) -> DistinctSketch {
    var sketch = DistinctSketch(capacity: capacity)
    for index in range {
      // Every third execution is one that was there before.
      var mixer = SplitMix64(state: index % 3 == 2 ? index / 2 : index)
      sketch.insert(mixer.next(), at: index)
    }
    return sketch
  }

  @Test func `a sketch is read back from its text`() {
    var distinct = sketch(0..<1000)
    distinct.insert(0, at: 7)
    distinct.insert(.max, at: .max)
    for failure in [nil, 0, UInt64.max - 1] {
      let shard = ShardSketch(length: .max, firstSchedule: 48, failure: failure, distinct: distinct)
      #expect(ShardSketch(text: shard.text) == shard)
    }
  }

  @Test func `a forged count, a hash twice and a level that is none are refused`() {
    for bytes: [UInt8] in [
      [1, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f], [1, 0, 0, 0, 0, 2, 5, 1, 0, 2], [1, 0, 0, 0, 64, 0],
      [1, 0, 0, 0, 0, 0x81], [2, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 1, 0xff, 0xff],
    ] {
      #expect(ShardSketch(text: Base64URL.encode(bytes)) == nil, "\(bytes)")
    }
  }

  @Test(arguments: [1 << 21, 100]) func `parts add up to the whole, in any order, also when it is too much to keep`(
    capacity: Int
  ) {
    let whole = sketch(0..<3000, capacity: capacity)
    let parts =
      [sketch(0..<900, capacity: capacity), sketch(900..<1000, capacity: capacity)]
      + [sketch(1000..<3000, capacity: capacity)]
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
      var sum = DistinctSketch(capacity: capacity)
      for index in order { sum.formUnion(parts[index]) }
      #expect(sum == whole)
    }
    #expect(whole.isExact == (capacity > 3000))
  }

  @Test func `the count is that of the counter of a run`() {
    for capacity in [1 << 21, 128] {
      var counter = DistinctCounter(capacity: capacity, window: 100)
      var sketch = DistinctSketch(capacity: capacity)
      for index in 0..<2000 as Range<UInt64> {
        var mixer = SplitMix64(state: index / 2)
        let hash = mixer.next()
        counter.insert(hash)
        sketch.insert(hash, at: index)
      }
      #expect(sketch.count == counter.count)
      #expect(sketch.isExact == counter.isExact)
    }
  }
}
