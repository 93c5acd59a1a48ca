/// What a soak does with a violation once its threads have stopped, or were given up.
import Machine
import Records

extension Soak {
  /// Looks for a schedule of the violation and adds to the record what came of it.
  func bridge(
    _ record: inout RunRecord, _ monitor: Monitor, _ progress: @escaping (SoakProgress) -> Void,
    _ notice: @escaping (String) -> Void
  ) {
    guard configuration.bridges, !isStopped, record.verdict == .violation, let found = monitor.threadViolation,
      // Threads that hang may have something to tell even now.
      record.violations.first?.checker == found.violation.checker.name
    else { return }
    // The operations are those of the soak: threads that hang go on counting nothing.
    let operations = record.operations
    record.violations[0].reproduction = Bridge(
      found, early: early, isStopped: { self.isStopped }, notice: notice,
      phase: { phase in
        progress(
          SoakProgress(
            elapsedSeconds: monitor.elapsed, rounds: monitor.rounds, operations: operations,
            liveThreads: monitor.liveThreads, phase: phase))
      }
    ).run()
  }
}
