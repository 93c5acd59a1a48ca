/// The record of a run that could not begin.
import Episodes
import Machine
import Records

extension RunRecord {
  static func failed(_ configuration: SoakConfiguration, _ fault: String) -> RunRecord {
    var record = RunRecord(
      protocol: configuration.subject.name,
      mutant: configuration.mutant?.rawValue,
      policy: configuration.policy.rawValue, seed: SeedText.format(configuration.seed), threads: configuration.threads,
      mix: [:], busyPercent: configuration.busyPercent, perturb: configuration.perturbation.rawValue,
      memoryGiB: configuration.memoryGiB, rounds: 0, operations: 0, workload: SeedText.format(0), outcomes: [],
      coverage: [:], coverageWarnings: [], checkers: [], violations: [], verdict: .harnessFault,
      scope: "nothing ran", interrupted: false, harnessFaults: [fault],
      timing: Timing(elapsedSeconds: 0, operationsPerSecond: 0, liveThreads: 0, latencies: [], peakResidentBytes: 0))
    record.note(configuration.kernel)
    return record
  }
}
