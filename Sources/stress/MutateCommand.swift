import ArgumentParser
import Campaign
import Foundation
import KernelMMU

/// `stress kernel mutate`: what a clean run of a commit is worth.
struct MutateCommand: CampaignCommand {
  static let configuration = CommandConfiguration(
    commandName: "mutate",
    abstract: "Break the lines that a commit changes, one small way at a time, and tell how many are found.",
    discussion: """
      A mutant is the commit with one statement left out, a condition negated or made constant, a boundary moved, two \
      neighbours exchanged, a lock or a barrier left out, a cmpxchg made a store or a value ignored, on a line that \
      the commit has added or changed. Each is built and run as 'stress series' runs a commit: pairs of operations \
      that the changed functions take part in, all pairs, and schedules, until something is found. What survives is \
      not seen by this tool, or is no difference; a clean run of the commit says as much of its lines as mutants of \
      them are found.

      Not counted are mutants that do not build, and those of which the compiler makes the same code. What survives \
      because no run of the commit came to its lines is told so, and is not run. Files are read from git's objects, \
      and what was found out is remembered by their content: a second run costs nothing.

      EXAMPLES:
        stress kernel mutate --kernel-tree ~/linux
        stress kernel mutate v7.3~2 --kernel-tree ~/linux --list
        stress kernel mutate topic --kernel-tree ~/linux.git --functions tdp_mmu_map_handle_target_level

      EXIT CODES:
        0    all mutants were run, or listed; some may have survived
        1    the commit itself breaks a rule, or does not build
        64   bad usage, nothing was started
        70   a fault of the harness, or record or report could not be written
        125  there is nothing to break: no changed line is compiled and called
        130  ended by SIGINT, with report and record of what ran so far
        129  the same by SIGHUP
        143  the same by SIGTERM; a second signal ends the run at once
      """)

  @Argument(help: .init("The commit whose changes are broken. (default: HEAD)", valueName: "commit"))
  var commit: String?

  @Option(
    parsing: .unconditional, help: .init("Break only lines of these functions.", valueName: "a,b,…"))
  var functions: String?

  @Flag(help: "Print the mutants with what they change, and run nothing.")
  var list = false

  @OptionGroup var trials: TrialOptions<TriedMutant>
  @OptionGroup var output: MutateOutputOptions

  /// It is nobody's subject: each mutant is.
  var kernelOptions: KernelOptions? { nil }

  func validate() throws {
    if let functions, names(functions).isEmpty {
      throw ValidationError("--functions needs names, separated by commas, not '\(functions)'")
    }
  }

  private func names(_ functions: String) -> [String] {
    functions.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces).replacing("()", with: "") }
      .filter { !$0.isEmpty }
  }

  func campaign() throws -> PreparedCampaign<Mutation> {
    try trials.prepare { scratch in
      let configuration = try configuration(scratch)
      let commit = configuration.commit
      return PreparedCampaign(
        engine: Mutation(configuration: configuration) { SeriesChildren() },
        announcement: "mutants of \(commit.id.prefix(12)) (\(commit.subject))")
    }
  }

  private func configuration(_ scratch: URL) throws -> MutationConfiguration {
    var configuration = MutationConfiguration(
      try trials.applied { () throws(SeriesError) in
        try .commit(commit ?? "HEAD", in: trials.repository, scratch: scratch)
      })
    // Of the commit itself: which of its lines run.
    configuration.series.coverage = true
    configuration.functions = functions.map(names) ?? []
    configuration.isList = list
    return configuration
  }
}

/// Where record and report go.
struct MutateOutputOptions: OutputGroup {
  @OptionGroup var record: RecordOptions
  @OptionGroup var width: WidthOptions

  func files() throws -> OutputFiles { try OutputFiles(json: record.json, width: width) }
}
