/// A finding as a record has it.
import Executions
import KernelMMU
import Machine
import Records

extension RunRecord.Violation {
  /// - Parameters:
  ///   - finding: the execution that the report shows.
  ///   - kernel: whose code it ran.
  static func of(
    _ finding: Finding, command: String, kernel: KernelSubject?, reproduction: RunRecord.Reproduction?
  ) -> Self {
    let violation = finding.violation
    return RunRecord.Violation(
      checker: violation.checker.name, rule: violation.checker.rule, thread: finding.isAtRest ? -1 : violation.task,
      operation: finding.moment == .rest ? "" : violation.operation.name, gfn: violation.gfn.hex,
      level: violation.level, expected: violation.expected,
      seen: violation.seen + AccessPlaces.text(violation.accesses, kernel), round: 0, command: command,
      events: [], moment: finding.moment, reproduction: reproduction)
  }
}
