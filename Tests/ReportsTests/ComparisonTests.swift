import Records
import Reports
import Testing

/// Two nights side by side.
@Suite struct ComparisonTests {
  private let clean = Record.run(SampleExplorations.clean)
  private let violation = Record.run(SampleExplorations.violation)
  /// The campaign of the violation, with nothing found in as many schedules.
  private let mended = {
    var record = SampleExplorations.violation
    record.verdict = .clean
    record.violations = []
    return record
  }()

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
    #expect(comparison.incomparable == ["a: not one campaign: mutant none and plain-freeze, shard  and 2/8"])
    #expect(lastLine(comparison) == "NEW: 1 failure in 0 records, 0 fixed, 0 still failing, 1 not compared")
  }

  @Test func `the command of a kernel's token names its tree`() throws {
    var record = SampleExplorations.violation
    record.kernel = SampleDiffs.changedKernel
    let token = try #require(record.violations[0].reproduction).token
    let tree = try #require(record.kernel).path
    #expect(
      Comparison([:], ["a": .run(record)]).new == ["a: FRZ-2; stress replay \(token) --kernel-tree \(tree)"])
  }

  @Test func `what failed before and passes is fixed`() {
    let comparison = Comparison(["a": violation], ["a": .run(mended)])
    #expect(comparison.fixed == ["a: FRZ-2"])
    #expect(comparison.notSeenAgain == [])
  }

  @Test func `of another campaign nothing is said`() {
    let comparison = Comparison(["a": violation], ["a": clean])
    #expect(comparison.fixed + comparison.new + comparison.slower + comparison.faster == [])
    #expect(comparison.incomparable.count == 1)
    #expect(lastLine(comparison) == "NOTHING COMPARED in 0 records, 0 fixed, 0 still failing, 1 not compared")
  }

  @Test func `what was not met again need not be fixed`() {
    func doubt(_ change: (inout RunRecord) -> Void) -> String? {
      var record = mended
      change(&record)
      let comparison = Comparison(["a": violation], ["a": .run(record)])
      #expect(comparison.fixed == [])
      return comparison.notSeenAgain.first
    }
    #expect(doubt { $0.seed = "0x0000000000000001" } == "a: FRZ-2; the second has another seed")
    #expect(doubt { $0.exploration?.schedules = 17 } == "a: FRZ-2; the second ran fewer schedules")
    #expect(doubt { $0.interrupted = true } == "a: FRZ-2; the second was interrupted")
    #expect(doubt { $0 = self.other($0) } == "a: FRZ-2; the second ended at ORD-2")
    let soak = Comparison(["a": .run(SampleRecords.violation)], ["a": .run(quiet(SampleRecords.violation))])
    #expect(soak.fixed == [] && soak.notSeenAgain.allSatisfy { $0.hasSuffix("; threads need not meet again") })
  }

  private func other(_ record: RunRecord) -> RunRecord {
    var record = record
    record.violations = SampleExplorations.violation.violations
    record.violations[0].checker = "ORD-2"
    record.verdict = .violation
    return record
  }

  private func quiet(_ record: RunRecord) -> RunRecord {
    var record = record
    record.violations = []
    record.verdict = .clean
    return record
  }

  @Test func `what fails in a part that the first lacks is new`() {
    let comparison = Comparison(["a": clean], ["a": clean, "b": violation])
    #expect(comparison.new.count == 1 && comparison.new[0].hasPrefix("b: FRZ-2; "))
    #expect(comparison.incomparable == ["b: only in the second"])
  }

  @Test func `a fault of the harness is no failure`() {
    var broken = SampleExplorations.clean
    broken.verdict = .harnessFault
    broken.harnessFaults = ["no address space"]
    let comparison = Comparison(["a": clean], ["a": .run(broken)])
    #expect(comparison.new == [] && comparison.newFaults == ["a: harness fault: no address space"])
    #expect(lastLine(comparison).hasPrefix("HARNESS FAULT: 1 new fault in 1 record"))
  }

  @Test func `parts without a record are compared by their status`() {
    func night(_ status: String) -> Night {
      Night(["a": clean], parts: [.init(name: "regressions", status: status, verdict: "1 replayed, 1 still fails")])
    }
    #expect(Comparison(night("passed"), night("failed")).new == ["regressions: 1 replayed, 1 still fails"])
    #expect(Comparison(night("failed"), night("failed")).still == ["regressions: 1 replayed, 1 still fails"])
    #expect(Comparison(night("failed"), night("passed")).fixed == ["regressions: 1 replayed, 1 still fails"])
    #expect(Comparison(night("failed"), Night(["a": clean])).fixed == [])
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
