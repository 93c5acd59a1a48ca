import Campaign
import Foundation
import KernelMMU
import Reports

/// The exit codes. They tell a script what a person reads in the verdict line.
enum ExitStatus {
  static let clean: Int32 = 0
  static let violation: Int32 = 1
  static let usage: Int32 = 64
  static let harnessFault: Int32 = 70
  /// What `git bisect run` takes as: skip this one.
  static let notSupported: Int32 = 125
  /// What ends `git bisect run`: this bisection cannot be judged.
  static let notJudged: Int32 = 128

  /// 130 after SIGINT, 143 after SIGTERM, 129 after SIGHUP.
  static func interrupted(by signal: Int32) -> Int32 { 128 + signal }

  /// A violation or a fault found before the signal came outweighs the signal.
  static func of(_ record: RunRecord, signal: Int32?) -> Int32 {
    switch record.verdict {
    case .violation: violation
    case .harnessFault: harnessFault
    case .clean: record.interrupted ? interrupted(by: signal ?? SIGINT) : clean
    }
  }

  /// Ends the process after a run whose record was, or was not, brought to its reader.
  ///
  /// After a clean run all threads have ended. After any other some may still hang in the tables, and the handlers
  /// of `exit` must not pull the process down around them.
  static func leave(_ record: RunRecord, signal: Int32?, isDelivered: Bool) -> Never {
    let status = of(record, signal: signal)
    guard status == clean else { _exit(status) }
    exit(isDelivered ? clean : harnessFault)
  }

  /// What is new counts, whatever else could not be compared.
  static func of(_ comparison: Comparison) -> Int32 {
    if !comparison.new.isEmpty { return violation }
    if !comparison.newFaults.isEmpty { return harnessFault }
    if comparison.compared == 0 { return usage }
    return comparison.gaps.isEmpty ? clean : interrupted(by: SIGINT)
  }

  /// A cache that cannot be written is no fault of whoever names the tree.
  static func of(_ error: KernelBuildError) -> Int32 {
    switch error {
    case .cache, .notLoadable, .incompleteInstallation: harnessFault
    default: usage
    }
  }

  static func of(_ record: DiffRecord, signal: Int32?, isDelivered: Bool) -> Int32 {
    switch record.verdict {
    case .harnessFault: harnessFault
    case .differs: violation
    case .alike: record.interrupted ? interrupted(by: signal ?? SIGINT) : isDelivered ? clean : harnessFault
    }
  }

  static func leave(_ record: DiffRecord, signal: Int32?, isDelivered: Bool) -> Never {
    let status = of(record, signal: signal, isDelivered: isDelivered)
    guard status == clean || status == harnessFault && record.verdict == .alike else { _exit(status) }
    exit(status)
  }

  static func leave(_ record: ExhaustRecord, signal: Int32?, isDelivered: Bool) -> Never {
    switch record.verdict {
    case .harnessFault: _exit(harnessFault)
    case .violation: _exit(violation)
    case .complete, .partial:
      if record.interrupted { _exit(interrupted(by: signal ?? SIGINT)) }
      exit(isDelivered ? clean : harnessFault)
    }
  }

  /// What was written as the new expectation is no difference any more; that a mutant survives is never expected.
  static func leave(_ record: MatrixRecord, signal: Int32?, isDelivered: Bool, isUpdated: Bool) -> Never {
    switch record.verdict {
    case .harnessFault: _exit(harnessFault)
    case .differs where !isUpdated || record.hasSurvivor: _exit(violation)
    case .differs, .asExpected: break
    }
    if record.interrupted { _exit(interrupted(by: signal ?? SIGINT)) }
    // Threads that a mutant has led astray may still be in its tables.
    _exit(isDelivered ? clean : harnessFault)
  }
}
