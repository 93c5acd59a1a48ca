import Records

/// Hand-made records: what renderers must show, independent of what any engine does.
enum SampleRecords {
  /// A clean run with two operations, one race that was not met, and one checker that did not run.
  static var clean: RunRecord {
    var record = empty
    record.threads = 64
    record.mix = ["fault": 60, "zap": 10, "guest": 0]
    record.rounds = 12
    record.operations = 345_678
    record.outcomes = [
      .init(
        operation: "fault", outcome: "done", count: 300_000, share: 0.9998, grade: "acceptable",
        sentence: "Changed the tables at the first attempt."),
      .init(
        operation: "fault", outcome: "retried", count: 60, share: 0.0002, grade: "interesting",
        sentence: "Changed the tables after meeting a frozen SPTE, a lost cmpxchg, BUSY or a stale fault."),
      .init(
        operation: "split-exclusive", outcome: "done", count: 45_618, share: 1, grade: "acceptable",
        sentence: "Changed the tables at the first attempt."),
    ]
    record.coverage = ["metFrozen": 60, "contendedLock": 0, "busyRestored": 7, "zz-future": 1]
    record.coverageWarnings = ["contendedLock"]
    record.checkers = [
      .init(checker: "FRZ-1", rule: "at quiescence no SPTE is frozen", checks: 12),
      .init(
        checker: "MAP-1",
        rule: "what a completed fault mapped stays mapped until a zap covers it, what a zap covered is gone",
        checks: 0),
    ]
    record.timing = .init(
      elapsedSeconds: 30.04, operationsPerSecond: 11_507.3, liveThreads: 64,
      latencies: [
        .init(
          operation: "fault", count: 300_060, p50: 870, p90: 12_400, p99: 310_000, p999: 4_100_000, max: 2_000_000_000)
      ],
      peakResidentBytes: 300 << 20)
    return record
  }

  /// A mutant that was caught, with events whose entries are too wide for one line.
  static var violation: RunRecord {
    var record = clean
    record.mutant = "no-freeze"
    record.verdict = .violation
    record.coverageWarnings = []
    record.violations = [
      .init(
        checker: "ORD-1",
        rule: "under the shared lock an external write happens while the caller holds that SPTE frozen",
        thread: 3, operation: "fault", gfn: "0x1a2b", level: 1, expected: "SPTE frozen by thread 3",
        seen: "SPTE not present (0x8000000000000000)", round: 17,
        command: "scripts/stress --seed 0x000000000000002a --first-round 17 --rounds 1 --threads 64 --mutant no-freeze",
        events: [
          .init(thread: 3, order: 1, event: "read_lock", gfn: "", level: 0, old: "", new: ""),
          .init(
            thread: 12, order: 2, event: "cmpxchg", gfn: "0x1a2b", level: 1, old: "0x8000000000000000 (not present)",
            new: "0x00000000000005a0 (frozen)"),
          .init(
            thread: 3, order: 3, event: "TDH.MEM.PAGE.AUG", gfn: "0x1a2b", level: 1, old: "FREE",
            new: "PENDING pfn 0x77000"),
        ]),
      .init(
        checker: "EQ-1", rule: "at quiescence mirror and S-EPT describe the same tree", thread: -1, operation: "",
        gfn: "0x1a2b", level: 2, expected: "S-EPT PRESENT", seen: "S-EPT FREE", round: 17,
        command: "scripts/stress --seed 0x000000000000002a", events: []),
    ]
    return record
  }

  /// A run in which nothing happened, with one thread.
  static var empty: RunRecord {
    var record = RunRecord(protocol: "mainline", policy: "4k", seed: "0x000000000000002a", threads: 1)
    record.busyPercent = 2
    record.perturb = "light"
    record.memoryGiB = 4
    record.workload = "cbf29ce484222325"
    record.scope =
      "Sampled: one schedule of each round was seen, under the memory ordering of this machine. It does not "
      + "say that another schedule is free of violations."
    return record
  }

  /// The harness found itself at fault.
  static var fault: RunRecord {
    var record = empty
    record.verdict = .harnessFault
    record.harnessFaults = ["only 63 of 64 threads came to the start gate", "the event ring of thread 5\nis damaged"]
    return record
  }
}
