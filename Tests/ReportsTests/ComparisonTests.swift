import Campaign
import Reports
import Testing

/// Two nights side by side.
@Suite struct ComparisonTests {
  private let clean = Record.run(SampleExplorations.clean)
  private let violation = Record.run(SampleExplorations.violation)

  private func lastLine(_ comparison: Comparison) -> String {
    comparison.render().split(separator: "\n").last.map(String.init) ?? ""
  }

  @Test func `a night compared with itself has nothing new`() {
    let night = ["a": clean, "b": violation, "c": .matrix(SampleMatrices.differing)]
    let comparison = Comparison(night, night)
    #expect(comparison.new == [])
    #expect(comparison.fixed == [])
    #expect(comparison.still.count == 1 + SampleMatrices.differing.differences.count)
    #expect(comparison.slower + comparison.faster + comparison.notMetAnyMore + comparison.incomparable == [])
    #expect(lastLine(comparison).hasPrefix("NOTHING NEW in 3 records, 0 fixed, "))
  }

  @Test func `what fails for the first time is new, with the command that shows it`() throws {
    let comparison = Comparison(["a": clean], ["a": violation])
    let token = try #require(SampleExplorations.violation.violations[0].reproduction).token
    #expect(comparison.new == ["a: FRZ-2; stress replay \(token)"])
    #expect(lastLine(comparison) == "NEW: 1 failure in 1 record, 0 fixed, 0 still failing")
  }

  @Test func `what failed before and passes is fixed`() {
    #expect(Comparison(["a": violation], ["a": clean]).fixed == ["a: FRZ-2"])
  }

  @Test func `a cell of a matrix that differs for the first time is new`() {
    let comparison = Comparison(
      ["m": .matrix(SampleMatrices.asExpected)], ["m": .matrix(SampleMatrices.differing)])
    #expect(comparison.new.count == SampleMatrices.differing.differences.count)
    #expect(comparison.new.allSatisfy { $0.hasPrefix("m: ") && $0.contains("; stress explore ") })
  }

  @Test(arguments: [(0.5, 1, 0), (0.85, 0, 0), (1.0, 0, 0), (1.5, 0, 1)])
  func `a rate is told where it differs by more than a fifth`(factor: Double, slower: Int, faster: Int) {
    var record = SampleExplorations.clean
    record.timing.elapsedSeconds /= factor
    let comparison = Comparison(["a": clean], ["a": .run(record)])
    #expect(comparison.slower.count == slower)
    #expect(comparison.faster.count == faster)
  }

  @Test func `a race that was met before and is not any more is told`() {
    var record = SampleRecords.clean
    record.coverage["metFrozen"] = 0
    record.coverageWarnings = ["metFrozen"]
    var before = SampleRecords.clean
    before.coverage["metFrozen"] = 7
    before.coverageWarnings = []
    #expect(Comparison(["a": .run(before)], ["a": .run(record)]).notMetAnyMore == ["a: metFrozen"])
  }

  @Test func `what only one night has is not compared, and said`() {
    let comparison = Comparison(["a": clean, "b": clean], ["b": .matrix(SampleMatrices.asExpected), "c": clean])
    #expect(comparison.incomparable == ["a: only in the first", "b: records of two kinds", "c: only in the second"])
    #expect(lastLine(comparison).contains("in 0 records"))
  }
}
