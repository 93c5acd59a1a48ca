/// What executions have met and checked, summed over the tasks of a world and taken away from it, so that the sums of
/// many worlds do not depend on who ran what.
import Executions
import Machine
import Records

struct ExploreCounters {
  /// By `Operation.rawValue * Outcome.allCases.count + Outcome.rawValue`.
  var outcomes = [UInt64](repeating: 0, count: Operation.allCases.count * Outcome.allCases.count)
  /// By `Coverage.rawValue`.
  var coverage = [UInt64](repeating: 0, count: Coverage.allCases.count)
  /// By `CheckerID.rawValue`.
  var checks = [UInt64](repeating: 0, count: CheckerID.allCases.count)

  var operations: UInt64 { outcomes.reduce(0, &+) }

  mutating func add(_ other: ExploreCounters) {
    for index in outcomes.indices { outcomes[index] &+= other.outcomes[index] }
    for index in coverage.indices { coverage[index] &+= other.coverage[index] }
    for index in checks.indices { checks[index] &+= other.checks[index] }
  }

  /// How often each rule was evaluated.
  /// - Parameters:
  ///   - micro: executions of the common model, where they were of that one: it has three rules only.
  ///   - isKernel: a kernel was the subject.
  ///   - plainAccesses: they were schedule points.
  func checkerRows(micro: UInt64?, isKernel: Bool, plainAccesses: Bool) -> [RunRecord.CheckerRow] {
    CheckerID.allCases.filter { checker in
      if micro != nil { return [.frz1, .eq1, .liv1].contains(checker) }
      return (isKernel || !checker.needsKernel) && (plainAccesses || !checker.needsPlainAccesses)
    }.map { checker in
      RunRecord.CheckerRow(
        checker: checker.name, rule: checker.rule, checks: micro ?? checks[Int(checker.rawValue)])
    }
  }

  /// Takes the counters of the first `count` tasks of a world and zeroes them there.
  static func take(from world: FiberWorld, _ count: Int) -> ExploreCounters {
    var result = ExploreCounters()
    for checker in CheckerID.allCases {
      result.checks[Int(checker.rawValue)] = world.suite.pointee.checks(checker)
    }
    world.suite.pointee.resetChecks()
    for id in 0..<count {
      let task = world.machine.pointee.tasks[id]
      for index in result.outcomes.indices { result.outcomes[index] &+= task.pointee.outcomes[index] }
      for index in result.coverage.indices { result.coverage[index] &+= task.pointee.coverage[index] }
      task.pointee.outcomes.update(repeating: 0, count: result.outcomes.count)
      task.pointee.coverage.update(repeating: 0, count: result.coverage.count)
      result.checks[Int(CheckerID.lck1.rawValue)] &+= task.pointee.lockAssertions
      result.checks[Int(CheckerID.bug1.rawValue)] &+= task.pointee.bugConditions
      result.checks[Int(CheckerID.rcu1.rawValue)] &+= task.pointee.tableFrees
      result.checks[Int(CheckerID.tlb1.rawValue)] &+= task.pointee.translations
      result.checks[Int(CheckerID.lst1.rawValue)] &+= task.pointee.audits
      result.checks[Int(CheckerID.tlb2.rawValue)] &+= task.pointee.flushDebts
      task.pointee.lockAssertions = 0
      task.pointee.bugConditions = 0
      task.pointee.tableFrees = 0
      task.pointee.translations = 0
      task.pointee.audits = 0
      task.pointee.flushDebts = 0
    }
    for checker in [CheckerID.liv1, .oops1, .hang1, .mem1] {
      result.checks[Int(checker.rawValue)] &+= result.operations
    }
    return result
  }
}
