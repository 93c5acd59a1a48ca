/// The head of a run's record, whichever engine ran.
import Episodes
import Executions
import Records
import SecureEPT

extension RunRecord {
  /// What was asked for, and nothing of what came of it.
  init(_ engine: Engine, _ subject: Subject, policy: Policy, seed: UInt64 = 0, threads: Int) {
    self.init(protocol: subject.name, policy: policy.rawValue, seed: SeedText.format(seed), threads: threads)
    self.engine = engine
    mutant = subject.mutant?.rawValue
    note(subject.kernel)
  }
}
