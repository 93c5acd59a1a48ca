/// `--bisect`: what `git bisect run` may conclude from an exit code. It takes every one from 1 to 127 but 125 for a bad
/// commit, so none but a violation may end with such a code; and it tests neither end, so that is asked for first.
import Foundation
import KernelMMU

struct Bisection {
  private let tree: URL
  private let verdicts: BisectVerdicts

  /// Nil without `--bisect`.
  init?(_ options: KernelOptions) {
    guard options.bisect, let path = options.path else { return nil }
    tree = URL(fileURLWithPath: path)
    verdicts = BisectVerdicts(arguments: Array(CommandLine.arguments.dropFirst()))
  }

  /// Ends the process, and with it the bisection, where an end of it was not tested.
  func refuseWhatCannotBeJudged() {
    guard let reason = BisectSession(tree)?.refusal(verdicts) else { return }
    StandardStreams.error.tell(reason)
    _exit(ExitStatus.notJudged)
  }

  /// The exit code in place of `status`, which is kept.
  func end(_ status: Int32) -> Int32 {
    verdicts.note(status, of: tree)
    return status == ExitStatus.harnessFault ? ExitStatus.notSupported : status
  }
}
