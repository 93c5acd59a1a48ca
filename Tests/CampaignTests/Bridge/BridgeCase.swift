/// A violation as threads would have met it, made up.
import Campaign
import Machine
import MirrorMMU
import SecureEPT

enum BridgeCase {
  static func configuration(
    threads: Int = 4, seed: UInt64 = 11, mutant: Mutant? = nil, policy: Policy = .fourK
  ) -> SoakConfiguration {
    SoakConfiguration(threads: threads, length: .rounds(1), seed: seed, mutant: mutant, policy: policy)
  }

  /// All requests that each thread of the round begins.
  static func requests(_ configuration: SoakConfiguration, round: UInt64 = 0, begun: [UInt64]) -> [[Request]] {
    var workload = Workload(configuration)
    defer { workload.deallocate() }
    let plan = RoundPlan(
      runSeed: configuration.seed, round: round, guestPages: UInt64(configuration.memoryGiB) << 18)
    workload.prepare(plan)
    return begun.enumerated().map { task, count in
      var draws = SplitMix64(seed: plan.seed, .workload, index: UInt64(task))
      return (0..<count).map { _ in workload.next(&draws, task: task) }
    }
  }

  /// - Parameter task: broke the rule with the last request that it began.
  static func racing(
    _ configuration: SoakConfiguration, checker: CheckerID, task: Int = 1, begun: [UInt64] = [300, 310, 320, 330],
    round: UInt64 = 0
  ) -> ThreadViolation {
    let last = requests(configuration, round: round, begun: begun)[task].last
    return ThreadViolation(
      configuration: configuration, round: round,
      violation: violation(checker, task: task, last?.operation ?? .fault, gfn: last?.range.lowerBound ?? 0),
      moment: .racing, begun: begun)
  }

  static func violation(
    _ checker: CheckerID, task: Int = 0, _ operation: Operation = .fault, gfn: Gfn = 0, level: Int = 1
  ) -> Violation {
    Violation(
      checker: checker, task: task, operation: operation, gfn: gfn, level: level, expected: "", seen: "", entry: 0,
      stamp: 1)
  }
}
