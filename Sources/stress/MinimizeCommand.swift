import ArgumentParser
import Campaign
import Executions
import Foundation

/// `stress minimize`: from a token to the smallest that breaks the same rule.
struct MinimizeCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "minimize",
    abstract: "Make the failing schedule of a token as small as possible.",
    discussion: """
      Takes away operations, threads, initial tables and preemptions, one after the other, as long as the same checker \
      fires. What is left is 1-minimal, unless the budget was used up: nothing more can be taken away alone. \
      'stress explore' does this by itself, unless --no-minimize is given.

      A FILE of .stress/failures is replaced by what is left, once that has been replayed; any other file stays as it \
      is.

      EXAMPLES:
        stress minimize m1:AQhtYWlubGluZQ...
        stress minimize .stress/failures/ORD-2-0123456789abcdef.txt --json record.json

      EXIT CODES:
        0    the schedule breaks no rule, so there is nothing to minimise
        1    a violation, minimised
        64   bad usage, or a token that is damaged or for another version
        70   the schedule cannot be followed, a fault of the harness, or record or report could not be written
        125  with --bisect: the kernel tree does not build or is not supported
        130  ended by SIGINT before the schedule's end; after it, 1 with what is smallest by then
        129  the same by SIGHUP
        143  the same by SIGTERM
      """)

  @Argument(help: TokenArgument.help, completion: TokenArgument.completion) var words: [String]

  @OptionGroup var kernel: KernelOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let named = try TokenArgument.read(words, for: "minimize")
    let token = named.token
    let subject = try kernel.kernel(for: token)
    let files = try output.files()
    let early = EarlyEnd()
    let signals = Signals(onFirst: { early.request() })
    var progress = Progress(quiet: output.quiet)
    let record = TokenMinimize.run(token, kernel: subject, early: early, progress: { progress.update($0) })
    progress.finish()
    if let path = named.path { keep(record, of: token, in: path) }
    let isDelivered = Delivery(record: record, files: files, output: output).perform()
    ExitStatus.leave(record, signal: signals.received, isDelivered: isDelivered)
  }

  /// A kept failure is replaced by what it was minimised to, once that has been replayed.
  private func keep(_ record: RunRecord, of token: Token, in path: String) {
    guard let reproduction = record.violations.first?.reproduction, reproduction.replays > 0,
      reproduction.verified == reproduction.replays, let smaller = try? Token(parsing: reproduction.token)
    else { return }
    do {
      guard let kept = try FailureArchive.replace(path, of: token, by: smaller), !output.quiet else { return }
      StandardStreams.error.write("stress: kept in \(kept)\n")
    } catch {
      StandardStreams.error.write("stress: the smaller failure is not kept on disk: \(error.message)\n")
    }
  }
}
