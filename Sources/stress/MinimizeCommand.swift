import ArgumentParser
import Campaign
import Foundation

/// `stress minimize`: from a token to the smallest that breaks the same rule.
struct MinimizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "minimize",
    abstract: "Make the failing schedule of a token as small as possible.",
    discussion: """
      Takes away operations, threads, initial tables and preemptions, one after the other, as long as the same checker \
      fires. What is left is 1-minimal, unless the budget was used up: nothing more can be taken away alone. \
      'stress explore' does this by itself, unless --no-minimize is given.

      EXAMPLES:
        stress minimize m1:AQhtYWlubGluZQ...
        stress minimize .stress/failures/ORD-2-0123456789abcdef.txt --json record.json

      EXIT CODES:
        0    the schedule breaks no rule, so there is nothing to minimise
        1    a violation, minimised
        64   bad usage, or a token that is damaged or for another version
        70   the schedule cannot be followed, a fault of the harness, or record or report could not be written
      """)

  @Argument(help: TokenArgument.help, completion: TokenArgument.completion) var token: String

  @OptionGroup var kernel: KernelOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var steps: StepOptions

  func run() throws {
    let token = try TokenArgument.read(token)
    let subject = try kernel.kernel(for: token)
    let files = try output.files()
    Signals.ignoreBrokenOutput()
    var progress = Progress(quiet: output.quiet)
    let record = TokenMinimize.run(token, kernel: subject, progress: { progress.update($0) })
    progress.finish()
    let isDelivered = Delivery(record: record, files: files, isQuiet: output.quiet, isFull: steps.full).perform()
    ExitStatus.leave(record, signal: nil, isDelivered: isDelivered)
  }
}
