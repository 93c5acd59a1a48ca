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

  /// How a command ends whose record was, or was not, brought to its reader.
  struct End {
    let status: Int32
    private let mayExit: Bool

    /// A violation or a fault found before the signal came outweighs the signal.
    init(_ conclusion: Conclusion, isInterrupted: Bool, signal: Int32?, isDelivered: Bool) {
      mayExit = conclusion == .clean && !isInterrupted
      status =
        switch conclusion {
        case .found: ExitStatus.violation
        case .harnessFault: ExitStatus.harnessFault
        case .nothingTried:
          isInterrupted ? interrupted(by: signal ?? SIGINT) : ExitStatus.notSupported
        case .clean:
          isInterrupted
            ? interrupted(by: signal ?? SIGINT) : isDelivered ? ExitStatus.clean : ExitStatus.harnessFault
        }
    }

    /// Ends the process.
    ///
    /// After a clean run all threads have ended. After any other some may still hang in the tables, and the handlers
    /// of `exit` must not pull the process down around them.
    @inline(never) func leave() -> Never {
      if mayExit { exit(status) }
      _exit(status)
    }
  }

  @inline(never) static func leave(_ record: any EngineRecord, signal: Int32?, isDelivered: Bool) -> Never {
    End(record.conclusion, isInterrupted: record.interrupted, signal: signal, isDelivered: isDelivered).leave()
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
}
