/// The protocol as it is raises nothing, and the record says what was looked at.
import Campaign
import Machine
import SecureEPT
import Testing

extension SoakTests {
  @Suite struct CleanRunTests {
    @Test(arguments: Policy.allCases, [Perturbation.light, .heavy])
    func `eight threads race cleanly and every checker runs`(policy: Policy, perturbation: Perturbation) {
      let record = Runs.run(
        Runs.short(
          SoakConfiguration(
            threads: 8, length: .rounds(2), seed: 11, policy: policy, perturbation: perturbation, memoryGiB: 1)))
      #expect(record.verdict == .clean)
      #expect(record.violations.isEmpty && record.harnessFaults.isEmpty && !record.interrupted)
      #expect(record.rounds == 2)
      #expect(record.timing.liveThreads == 8)
      #expect(record.checkers.map(\.checker) == CheckerID.allCases.filter { !$0.needsKernel }.map(\.name))
      #expect(record.checkers.filter { $0.checks == 0 }.map(\.checker) == [])
      #expect(record.outcomes.filter { $0.grade == "forbidden" }.isEmpty)
      #expect(record.operations == record.outcomes.reduce(0) { $0 + $1.count })
      #expect(
        Set(record.outcomes.map(\.operation)) == Set(Operation.allCases.filter { $0.defaultWeight > 0 }.map(\.name)))
    }

    @Test(arguments: Operation.allCases)
    func `each operation races cleanly against itself and faults`(operation: Operation) {
      let mix = OperationMix([Operation.fault: 1, .fault2M: 1].merging([operation: 3]) { $1 })
      let policy: Policy =
        operation.defaultWeight == 0 ? .hugeShared : operation.rawValue & 1 == 0 ? .huge : .fourK
      let record = Runs.run(
        Runs.short(
          SoakConfiguration(
            threads: 4, length: .rounds(2), seed: 5, policy: policy, mix: mix ?? .default, perturbation: .light,
            memoryGiB: 1)))
      #expect(record.verdict == .clean && record.rounds == 2, "\(record.violations.map(\.seen))")
    }

    @Test(arguments: [0.0, 50, 100])
    func `any share of BUSY is survived`(percent: Double) {
      // With every call busy nothing private can be mapped: faults of shared memory alone.
      let mix = percent == 100 ? OperationMix([.unmap: 1, .wrprot: 1, .fastFault: 1, .age: 1]) : .default
      let record = Runs.run(
        SoakConfiguration(
          threads: 3, length: .rounds(1), seed: 6, mix: mix ?? .default, busyPercent: percent, memoryGiB: 1))
      #expect(record.verdict == .clean, "\(record.violations.map(\.seen))")
      if percent == 0 { #expect(record.rounds == 1) }
    }

    @Test(arguments: [1, 2, 64])
    func `threads of any number are all live`(threads: Int) {
      let record = Runs.run(SoakConfiguration(threads: threads, length: .rounds(1), seed: 8, memoryGiB: 1))
      #expect(record.verdict == .clean)
      #expect(record.timing.liveThreads == threads)
    }

    @Test func `a race that was not met is warned of, one that a single thread cannot meet is not`() {
      let mix = OperationMix([.age: 1])
      let record = Runs.run(
        SoakConfiguration(threads: 1, length: .rounds(1), seed: 9, mix: mix ?? .default, memoryGiB: 1))
      #expect(record.coverageWarnings == ["busyRestored", "yielded"])
      #expect(record.coverage.values.allSatisfy { $0 == 0 })
    }
  }
}
