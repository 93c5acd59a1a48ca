import ArgumentParser
import Campaign
import Foundation

/// `stress replay`: one execution, the token's.
struct ReplayCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Run the schedule of a token again, step by step as it was.",
    discussion: """
      The token carries all that the execution needs: protocol, mutant, initial tables, operations, schedule. The same \
      events give the same event hash on any machine, so that two people can tell that they saw the same. A schedule \
      that breaks no rule any more is what a fix looks like.

      EXAMPLES:
        stress replay m1:AQhtYWlubGluZQ...            as a report's 'replay:' line has it
        stress replay 'replay: stress replay m1:...'  the whole line will do
        stress replay .stress/failures/ORD-2-0123456789abcdef.txt
        stress replay --trace --full FILE             every step, also if no rule breaks

      EXIT CODES:
        0    the schedule breaks no rule
        1    a violation
        64   bad usage, or a token that is damaged or for another version
        70   the schedule cannot be followed, a fault of the harness, or record or report could not be written
        125  with --bisect: the kernel tree does not build or is not supported
        130  ended by SIGINT, with nothing written
        129  the same by SIGHUP
        143  the same by SIGTERM
      """)

  @Argument(help: TokenArgument.help, completion: TokenArgument.completion) var words: [String]

  @Flag(help: "Print the interleaving of a schedule that breaks no rule, too.")
  var trace = false

  @OptionGroup var kernel: KernelOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let token = try TokenArgument.read(words, for: "replay").token
    let subject = try kernel.kernel(for: token)
    let files = try output.files()
    Signals.ignoreBrokenOutput()
    let record = TokenReplay.run(token, kernel: subject, traces: trace)
    let isDelivered = Delivery(record: record, files: files, output: output).perform()
    ExitStatus.leave(record, signal: nil, isDelivered: isDelivered)
  }
}
