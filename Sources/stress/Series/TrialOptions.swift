import ArgumentParser
import Campaign
import Foundation

/// What is tried of a git repository, one after the other: the word for it in the help.
protocol Tried { static var one: String { get } }

enum TriedCommit: Tried { static var one: String { "commit" } }

enum TriedMutant: Tried { static var one: String { "mutant" } }

/// The repository, and how much is run of each: as `series` and `kernel mutate` have it.
struct TrialOptions<What: Tried>: ParsableArguments {
  @Option(
    name: .customLong("kernel-tree"), parsing: .unconditional,
    help: .init("A git repository of Linux: a checkout, a worktree, a bare one.", valueName: "repository"),
    completion: .directory)
  var repository: String

  @Option(
    parsing: .unconditional,
    help: .init("The seed of the schedules of each \(What.one). (default: 1)", valueName: "seed"),
    transform: { try SeedText.parse($0) })
  var seed: UInt64?

  @Option(
    parsing: .unconditional,
    help: .init(
      "Schedules of each \(What.one). (default: \(SeriesConfiguration.usualSchedules))", valueName: "n"),
    transform: NumberArgument.whole(1...RunOptions.mostRounds))
  var schedules: UInt64?

  @Option(
    parsing: .unconditional,
    help: .init(
      """
      Executions of each pair of operations; four times as many of those that what a commit changes has to do with. \
      (default: \(SeriesConfiguration.usualExecutions))
      """, valueName: "n"),
    transform: NumberArgument.whole(1...100_000_000))
  var executions: UInt64?

  @Option(
    parsing: .unconditional,
    help: .init("Pairs from this initial table alone; see 'stress list tables'.", valueName: "name"),
    transform: { try VariantArgument.table($0) })
  var table: String?

  @OptionGroup var jobs: JobsOptions

  func validate() throws {
    guard !repository.isEmpty else { throw ValidationError("--kernel-tree needs a git repository, not an empty path") }
  }

  /// A configuration with all that was asked for here.
  /// - Parameter make: the rest of it.
  func applied(_ make: () throws(SeriesError) -> SeriesConfiguration) throws -> SeriesConfiguration {
    var configuration: SeriesConfiguration
    do throws(SeriesError) { configuration = try make() } catch {
      guard error.isOfSeries else { throw ValidationError("\(error)") }
      StandardStreams.error.tell("\(error)")
      throw ExitCode(ExitStatus.notSupported)
    }
    if let seed { configuration.seed = seed }
    if let schedules { configuration.schedules = schedules }
    if let executions { configuration.executions = executions }
    configuration.table = table
    configuration.jobs = jobs.count
    return configuration
  }

  /// A campaign with a folder for what it makes, which goes when it is over, or was none.
  func prepare<Engine: CampaignEngine>(
    _ make: (URL) throws -> PreparedCampaign<Engine>
  ) throws -> PreparedCampaign<Engine> {
    guard let scratch = SeriesScratch.make() else {
      StandardStreams.error.tell(
        "the cache \(SeriesConfiguration.defaultCache.path) cannot be used: \(String(cString: strerror(errno)))")
      throw ExitCode(ExitStatus.harnessFault)
    }
    do {
      var campaign = try make(scratch)
      let afterwards = campaign.afterwards
      campaign.afterwards = { record in
        SeriesScratch.remove(scratch)
        return afterwards(record)
      }
      return campaign
    } catch {
      SeriesScratch.remove(scratch)
      throw error
    }
  }
}
