import ArgumentParser
import Campaign
import Foundation
import Reports

/// `stress matrix`: runs every cell, then writes the record, then prints the tables made from it.
struct MatrixCommand: CampaignCommand {
  static let configuration = CommandConfiguration(
    commandName: "matrix",
    abstract: "Run every protocol in every scenario, and every mutant under every strategy, and compare.",
    discussion: """
      A cell is a campaign of schedules: protocol, policy and scenario, or mutant and strategy. It is OK, or names the \
      checker that fired, with the token of an execution that shows it, which has been replayed in a fresh world. \
      Threads race with each mutant too.

      Which cells are not OK, and why, stands in Expected/matrix.json, which the tool has built in. A cell that is OK \
      where a failure is expected is a difference as well. A mutant has survived if the default strategy has not \
      caught it within the mutant's budget, or threads have not within 30 seconds; that another strategy has not is \
      shown and is no difference.

      A filter of one part leaves the other out: --scenario random runs no mutant, --mutant lost-zap no protocol.

      With --kernel-tree a user's own kernel has one more column, in the scenarios that a kernel has, and is expected \
      to be OK in all of them; mutants are left out unless they are named.

      EXAMPLES:
        stress matrix --quick                          what CI runs
        stress matrix --jobs 8 --json matrix.json      a million schedules or more for each protocol
        stress matrix --protocol mainline --policy 4k --schedules 100000
        stress matrix --only mutants --quick
        stress matrix --only kernel --kernel-tree ~/linux --quick
        stress matrix --update --expected Expected/matrix.json

      EXIT CODES:
        0    all as expected
        1    a mutant survived, or a cell differs
        64   bad usage, or an expectations file that is wrong; nothing was started
        70   a fault of the harness, or record, report or expectations could not be written
        125  with --bisect: the kernel tree does not build or is not supported, or a fault of the harness
        128  with --bisect: an end of the bisection was not tested by the same command
        130  ended by SIGINT, with tables and record of what ran so far
        129  the same by SIGHUP
        143  the same by SIGTERM; a second signal ends the run at once
      """)

  @OptionGroup var options: MatrixOptions
  @OptionGroup var output: MatrixOutputOptions

  var kernelOptions: KernelOptions? { options.kernel }

  func campaign() throws -> PreparedCampaign<Matrix> {
    let expectations = try ExpectationsFile(options.expected, updates: options.update)
    let configuration = try options.configuration(expectations.content)
    let updates = options.update
    return PreparedCampaign(
      engine: Matrix(configuration: configuration), announcement: "seed \(SeedText.format(configuration.seed))",
      afterwards: { !updates || expectations.update(from: $0) },
      // What was written as the new expectation is no difference any more; that a mutant survives is never expected.
      conclusion: { updates && $0.verdict == .differs && !$0.hasSurvivor ? .clean : $0.conclusion },
      // Those that a mutant has led astray.
      leavesThreads: true)
  }
}

/// Where record and tables go.
struct MatrixOutputOptions: OutputGroup {
  @OptionGroup var record: RecordOptions
  @OptionGroup var reports: ReportOptions

  func files() throws -> OutputFiles { try OutputFiles(json: record.json, reports: reports) }
}
