/// Makes the record of a comparison: counts what counts, and runs the first episode that differs again, small.
import Episodes
import Machine
import Records

struct DiffRecordBuilder {
  let configuration: DifferentialConfiguration
  let board: Differential.Board
  let isStopped: () -> Bool

  func build(comparedSeconds: Double) -> DiffRecord {
    var faults = board.harnessFault.map { [$0] } ?? []
    if board.failedWorkers == configuration.jobs {
      faults.append("no address space for the stacks of \(configuration.threads) threads")
    }
    var difference: DiffRecord.Difference?
    if let first = board.first {
      difference = DifferenceReport(configuration, episode: first.episode, kind: first.kind, isStopped: isStopped)
        .make()
      if difference == nil { faults.append("episode \(first.episode): it did not differ so when it was run again") }
    }
    var record = DiffRecord(
      seed: SeedText.format(configuration.seed), scenario: configuration.scenario?.rawValue ?? "all",
      threads: configuration.threads, operationsPerThread: configuration.operations,
      model: configuration.protocolName.rawValue)
    record.build = .current
    record.firstEpisode = configuration.firstEpisode
    record.mutant = configuration.mutant?.rawValue
    record.kernel = configuration.kernel.map(RunRecord.Kernel.init)
    record.episodes = board.episodes
    record.operations = board.operations
    record.steps = board.steps
    record.differing = board.differing
    record.classes = classes
    record.difference = difference
    record.limits = ModelLimit.allCases.map(\.rawValue)
    record.harnessFaults = faults
    record.interrupted = isStopped()
    record.verdict = !faults.isEmpty ? .harnessFault : board.first == nil ? .alike : .differs
    record.timing = .init(
      elapsedSeconds: comparedSeconds,
      episodesPerSecond: comparedSeconds > 0 ? Double(board.episodes) / comparedSeconds : 0, jobs: configuration.jobs)
    return record
  }

  /// The most frequent first.
  private var classes: [DiffRecord.Class] {
    board.classes.values.sorted { ($1.episodes, $0.firstEpisode) < ($0.episodes, $1.firstEpisode) }
  }
}
