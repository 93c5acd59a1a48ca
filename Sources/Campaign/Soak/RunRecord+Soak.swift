/// The head of a soak's record, and the record of one that could not begin.
import Records

extension RunRecord {
  /// What was asked for, and nothing of what came of it.
  init(_ configuration: SoakConfiguration) {
    self.init(
      .soak, configuration.subject, policy: configuration.policy, seed: configuration.seed,
      threads: configuration.threads)
    busyPercent = configuration.busyPercent
    perturb = configuration.perturbation.rawValue
    memoryGiB = configuration.memoryGiB
  }

  /// One that could not begin.
  static func failed(_ configuration: SoakConfiguration, _ fault: String) -> RunRecord {
    var record = RunRecord(configuration)
    record.verdict = .harnessFault
    record.scope = "nothing ran"
    record.harnessFaults = [fault]
    return record
  }
}
