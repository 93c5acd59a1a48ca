import Episodes
import Testing

@Suite struct DealTests {
  private static let block: UInt64 = 23

  @Test func `all means every scenario but micro, the experiments and those that take more than the default mix`() {
    let left: [ScenarioName] = [
      .micro, .mirrorSplit, .mirrorPrune, .planted, .hardwareAd, .memslot, .dirtyLogging, .tables, .dying,
      .suspectWrprot, .suspectEio, .suspectRetry,
    ]
    #expect(ScenarioName.dealt == ScenarioName.allCases.filter { !left.contains($0) })
  }

  @Test func `each block deals every scenario, none more than twice`() {
    for block in 0..<200 as Range<UInt64> {
      let dealt = (0..<Self.block).map { ScenarioName.deal(block * Self.block + $0) }
      let counts = Dictionary(dealt.map { ($0, 1) }, uniquingKeysWith: +)
      #expect(Set(counts.keys) == Set(ScenarioName.dealt))
      #expect(counts.values.allSatisfy { $0 <= 2 })
      #expect(counts[.lockless] == 2 && counts[.busy] == 2)
    }
  }

  @Test func `a subject of direct roots is dealt those of them that say something there`() {
    let own = ScenarioName.dealt.filter(\.isForDirectRoots)
    for block in 0..<200 as Range<UInt64> {
      let dealt = (0..<17).map { ScenarioName.deal(block * 17 + $0, hasMirrorRoots: false) }
      let counts = Dictionary(dealt.map { ($0, 1) }, uniquingKeysWith: +)
      #expect(Set(counts.keys) == Set(own))
      #expect(counts.values.allSatisfy { $0 <= 2 })
    }
    for stride in 1...64 as ClosedRange<UInt64> {
      #expect(Set((0..<500).map { ScenarioName.deal($0 * stride, hasMirrorRoots: false) }).count == own.count)
    }
  }

  @Test(arguments: [true, false])
  func `a kernel is dealt what its callers reach beyond the model`(hasMirrorRoots: Bool) {
    let own = ScenarioName.dealt(toKernelWithMirrorRoots: hasMirrorRoots)
    #expect(own.filter { [.hardwareAd, .memslot, .dirtyLogging, .tables].contains($0) }.count == 4)
    let block: UInt64 = hasMirrorRoots ? 31 : 23
    #expect(own.contains(.dying) == hasMirrorRoots)
    for number in 0..<200 as Range<UInt64> {
      let dealt = (0..<block).map {
        ScenarioName.deal(number * block + $0, hasMirrorRoots: hasMirrorRoots, isKernel: true)
      }
      // A dead TD comes in each fourth block.
      #expect(Set(dealt) == Set(own.filter { $0 != .dying || number % 4 == 0 }))
    }
    for stride in 1...64 as ClosedRange<UInt64> {
      let dealt = (0..<2_000).map {
        ScenarioName.deal($0 * stride, hasMirrorRoots: hasMirrorRoots, isKernel: true)
      }
      #expect(Set(dealt).count == own.count)
    }
  }

  /// Shards and strategies take every n-th execution.
  @Test(arguments: 1...64 as ClosedRange<UInt64>)
  func `whoever takes every n-th execution gets all scenarios soon`(stride: UInt64) {
    for offset in 0..<stride {
      let taken = Set((0..<500).map { ScenarioName.deal($0 * stride + offset) })
      #expect(taken.count == ScenarioName.dealt.count)
    }
  }

  @Test func `the largest number of an execution is dealt like any other`() {
    #expect(ScenarioName.dealt.contains(ScenarioName.deal(.max)))
  }

  @Test func `every scenario has a line of its own for the list`() {
    let summaries = ScenarioName.allCases.map(\.summary)
    #expect(Set(summaries).count == summaries.count)
    #expect(summaries.allSatisfy { !$0.isEmpty && $0.count <= 90 && !$0.contains("\n") })
  }
}
