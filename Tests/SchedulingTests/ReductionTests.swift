import Machine
import Scheduling
import Testing

@Suite struct ReductionTests {
  /// Whether no single element can be taken away.
  private func isMinimal(_ items: [Int], _ holds: ([Int]) -> Bool) -> Bool {
    items.indices.allSatisfy { index in
      var rest = items
      rest.remove(at: index)
      return !holds(rest)
    }
  }

  @Test func `what is left holds and is 1-minimal`() {
    var draws = SplitMix64(state: 8)
    for count in 1...40 {
      // Any one of a few pairs suffices.
      let pairs = (0..<3).map { _ in (Int(draws.below(UInt64(count))), Int(draws.below(UInt64(count)))) }
      let holds: ([Int]) -> Bool = { items in pairs.contains { items.contains($0.0) && items.contains($0.1) } }
      let left = Reduction.minimal(Array(0..<count), holds)
      #expect(holds(left))
      #expect(isMinimal(left, holds))
    }
  }

  @Test func `elements that can only be taken away after others are taken away too`() {
    // Each element needs all after it to be gone.
    let holds: ([Int]) -> Bool = { items in items == Array(0..<items.count) }
    #expect(Reduction.minimal(Array(0..<17), holds).isEmpty)
  }

  @Test func `nothing is taken away where all is needed, and the order stays`() {
    let items = [5, 3, 9, 1]
    #expect(Reduction.minimal(items) { $0 == items } == items)
    #expect(Reduction.minimal(items) { $0.contains(9) && $0.contains(5) } == [5, 9])
    #expect(Reduction.minimal([Int]()) { _ in true }.isEmpty)
  }

  @Test func `a test is not asked about what it has already refused more often than needed`() {
    var asked = 0
    let left = Reduction.minimal(Array(0..<256)) { items in
      asked += 1
      return items.contains(77)
    }
    #expect(left == [77])
    #expect(asked < 60)
  }
}
