/// What has been met and checked, summed over the tasks of a world.
import Checkers
import Executions
import Machine
import Records

struct RunCounters {
  /// By `Operation.rawValue * Outcome.allCases.count + Outcome.rawValue`.
  var outcomes = [UInt64](repeating: 0, count: Operation.allCases.count * Outcome.allCases.count)
  /// By `Coverage.rawValue`.
  var coverage = [UInt64](repeating: 0, count: Coverage.allCases.count)
  /// By `CheckerID.rawValue`.
  var checks = [UInt64](repeating: 0, count: CheckerID.allCases.count)

  var operations: UInt64 { outcomes.reduce(0, &+) }

  mutating func add(_ other: RunCounters) {
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

  /// What each operation came to, of those that ran.
  var outcomeRows: [RunRecord.OutcomeRow] {
    Operation.allCases.flatMap { operation -> [RunRecord.OutcomeRow] in
      let counts = Outcome.allCases.map { outcome in
        (outcome, outcomes[Int(operation.rawValue) * Outcome.allCases.count + Int(outcome.rawValue)])
      }
      let total = counts.reduce(0) { $0 + $1.1 }
      return counts.filter { $0.1 > 0 }.map { outcome, count in
        RunRecord.OutcomeRow(
          operation: operation.name, outcome: outcome.name, count: count, share: Double(count) / Double(total),
          grade: outcome.grade.rawValue, sentence: outcome.sentence)
      }
    }
  }

  func coverage(_ hasPrivateMemory: Bool) -> [String: UInt64] {
    Dictionary(
      uniqueKeysWithValues: Coverage.rows(hasPrivateMemory: hasPrivateMemory).map {
        ($0.name, coverage[Int($0.rawValue)])
      })
  }

  /// The races that so many threads could have met and did not.
  func notMet(_ hasPrivateMemory: Bool, threads: Int) -> [String] {
    Coverage.rows(hasPrivateMemory: hasPrivateMemory).filter { row in
      (threads > 1 || !row.needsTwoThreads) && coverage[Int(row.rawValue)] == 0
    }.map(\.name)
  }

  init() {}

  /// Those of the first `count` tasks.
  init(_ suite: CheckerSuitePointer, _ machine: MachinePointer, _ count: Int) {
    for checker in CheckerID.allCases { checks[Int(checker.rawValue)] = suite.pointee.checks(checker) }
    for id in 0..<count {
      let task = machine.pointee.tasks[id]
      for index in outcomes.indices { outcomes[index] &+= task.pointee.outcomes[index] }
      for index in coverage.indices { coverage[index] &+= task.pointee.coverage[index] }
      // Rules that are checked where they apply, not by the suite.
      checks[Int(CheckerID.lck1.rawValue)] &+= task.pointee.lockAssertions
      checks[Int(CheckerID.bug1.rawValue)] &+= task.pointee.bugConditions
      checks[Int(CheckerID.rcu1.rawValue)] &+= task.pointee.tableFrees
      checks[Int(CheckerID.tlb1.rawValue)] &+= task.pointee.translations
      checks[Int(CheckerID.lst1.rawValue)] &+= task.pointee.audits
      checks[Int(CheckerID.tlb2.rawValue)] &+= task.pointee.flushDebts
    }
    // Every operation that ended has kept the rule; who watches looks at those that have not.
    for checker in [CheckerID.liv1, .oops1, .hang1, .mem1] { checks[Int(checker.rawValue)] &+= operations }
  }

  /// Takes the counters of the first `count` tasks of a world and zeroes them there, so that the sums of many worlds do
  /// not depend on who ran what.
  static func take(from world: FiberWorld, _ count: Int) -> RunCounters {
    let result = RunCounters(world.suite, world.machine, count)
    world.suite.pointee.resetChecks()
    for id in 0..<count {
      let task = world.machine.pointee.tasks[id]
      task.pointee.outcomes.update(repeating: 0, count: result.outcomes.count)
      task.pointee.coverage.update(repeating: 0, count: result.coverage.count)
      task.pointee.lockAssertions = 0
      task.pointee.bugConditions = 0
      task.pointee.tableFrees = 0
      task.pointee.translations = 0
      task.pointee.audits = 0
      task.pointee.flushDebts = 0
    }
    return result
  }
}
