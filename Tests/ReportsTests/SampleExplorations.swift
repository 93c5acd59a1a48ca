import Records

/// Hand-made records of the deterministic engine.
enum SampleExplorations {
  static let hash = "0x9f86d081884c7d65"
  static let token = "m1:AQEAAgIBAQABAQIBAgMAAQkBAQAKAAEUAAA-n2w"

  /// A campaign of the default portfolio that found nothing.
  static var clean: RunRecord {
    var record = SampleRecords.clean
    record.engine = .explore
    record.threads = 3
    record.mix = [:]
    record.rounds = 0
    record.operations = 10_838_979
    record.coverage = ["metFrozen": 1_377_004, "contendedLock": 0, "busyRestored": 288_310]
    record.checkers = [
      .init(checker: "FRZ-1", rule: "at quiescence no SPTE is frozen", checks: 1_204_331),
      .init(checker: "TLB-1", rule: "a removed page is in no vCPU's TLB", checks: 0),
    ]
    record.scope = "schedules sampled under sequential consistency; other schedules and weaker memory are not covered"
    record.timing = .init(
      elapsedSeconds: 21.5, operationsPerSecond: 504_138.6, liveThreads: 1, latencies: [],
      peakResidentBytes: 41 << 20)
    record.exploration = .init(
      schedules: 1_204_331, distinctSchedules: 311_870, distinctIsExact: true, newShare: 0.0408, window: 100_000,
      schedulePoints: 155_358_699, scenario: "all", strategy: "portfolio", operationsPerThread: 3, shard: nil)
    return record
  }

  /// A mutant that was caught, minimised, and replayed three times.
  static var violation: RunRecord {
    var record = clean
    record.mutant = "plain-freeze"
    record.verdict = .violation
    record.scope = "the first violation ended the run"
    record.operations = 156
    record.outcomes = [
      .init(
        operation: "fault", outcome: "done", count: 131, share: 0.8397, grade: "acceptable",
        sentence: "Changed the tables at the first attempt."),
      .init(
        operation: "fault", outcome: "spurious", count: 25, share: 0.1603, grade: "acceptable",
        sentence: "Another thread had already done it."),
    ]
    record.coverage = ["metFrozen": 9, "contendedLock": 3, "busyRestored": 1]
    record.coverageWarnings = []
    record.checkers = [
      .init(checker: "FRZ-1", rule: "at quiescence no SPTE is frozen", checks: 17),
      .init(
        checker: "FRZ-2", rule: "only the thread that froze an SPTE changes it while it is frozen", checks: 1_204),
      .init(checker: "TLB-1", rule: "a removed page is in no vCPU's TLB", checks: 0),
    ]
    record.timing.elapsedSeconds = 0.04
    record.timing.operationsPerSecond = 3_900
    record.exploration?.schedules = 18
    record.exploration?.distinctSchedules = 18
    record.exploration?.schedulePoints = 6_911
    record.exploration?.shard = "2/8"
    record.violations = [
      .init(
        checker: "FRZ-2", rule: "only the thread that froze an SPTE changes it while it is frozen", thread: 0,
        operation: "fault", gfn: "0x201", level: 1, expected: "an SPTE frozen by another thread is left alone",
        seen: "store to FROZEN over FROZEN", round: 17,
        command: "stress explore --seed 0x000000000000002a --mutant plain-freeze --threads 3 --schedules 18",
        events: [], reproduction: reproduction)
    ]
    return record
  }

  static var reproduction: RunRecord.Reproduction {
    .init(
      token: token, scenario: "two-faults", schedule: 17,
      found: .init(operations: 9, threads: 3, steps: 412, preemptions: 31),
      minimized: .init(operations: 2, threads: 2, steps: 21, preemptions: 2), minimizingExecutions: 118,
      isMinimal: true, eventHash: hash, verified: 3, replays: 3, interleaving: SampleInterleavings.lostFreeze)
  }

  /// Too many threads for a column each, and a minimising that did not end.
  static var crowd: RunRecord {
    var record = violation
    record.mutant = "no-restore"
    record.threads = 12
    record.violations[0].checker = "FRZ-3"
    record.violations[0].rule = "a thread leaves its mmu_lock section with none of its SPTEs frozen"
    record.violations[0].thread = 7
    record.violations[0].expected = "none of the thread's SPTEs is frozen"
    record.violations[0].seen = "read_unlock with this SPTE frozen"
    record.violations[0].reproduction?.found = .init(operations: 36, threads: 12, steps: 1_803, preemptions: 77)
    record.violations[0].reproduction?.minimized = .init(operations: 11, threads: 11, steps: 404, preemptions: 5)
    record.violations[0].reproduction?.isMinimal = false
    record.violations[0].reproduction?.minimizingExecutions = 20_000
    record.violations[0].reproduction?.interleaving = SampleInterleavings.crowd
    return record
  }

  /// One of three replays went another way.
  static var unverified: RunRecord {
    var record = violation
    record.violations[0].reproduction?.minimized = nil
    record.violations[0].reproduction?.verified = 2
    return record
  }

  /// `stress replay` of the token above.
  static var replayed: RunRecord {
    var record = violation
    record.engine = .replay
    record.exploration = nil
    record.coverage = [:]
    record.scope = "one schedule, the token's"
    record.violations[0].reproduction = nil
    record.replay = .init(
      token: token, scenario: "two-faults", expectedChecker: "FRZ-2", expectedEventHash: hash, eventHash: hash,
      size: .init(operations: 2, threads: 2, steps: 21, preemptions: 2),
      interleaving: SampleInterleavings.lostFreeze)
    return record
  }

  /// The same token against a protocol that has been fixed.
  static var fixed: RunRecord {
    var record = replayed
    record.mutant = nil
    record.verdict = .clean
    record.violations = []
    record.replay?.eventHash = "0x1b4f0e9851971998"
    record.replay?.size = .init(operations: 2, threads: 2, steps: 35, preemptions: 1)
    record.replay?.interleaving = SampleInterleavings.clean
    return record
  }

  /// `stress minimize` of the schedule as it was found.
  static var minimized: RunRecord {
    var record = violation
    record.engine = .minimize
    record.exploration = nil
    record.coverage = [:]
    record.scope = "one schedule, the token's"
    return record
  }

  /// A violation that threads found, with a schedule that shows it too.
  static var bridged: RunRecord {
    var record = SampleRecords.violation
    record.violations[1].events = []
    record.violations[0].reproduction = reproduction
    record.violations[0].reproduction?.scenario = RunRecord.Reproduction.roundScenario
    record.violations[0].reproduction?.bridgedSchedules = 4_096
    record.violations[1].reproduction = reproduction
    record.violations[1].reproduction?.token = ""
    record.violations[1].reproduction?.interleaving = nil
    record.violations[1].reproduction?.verified = 0
    record.violations[1].reproduction?.replays = 0
    record.violations[1].reproduction?.bridgedSchedules = 50_000
    return record
  }

  static var all: [RunRecord] { [clean, violation, crowd, unverified, replayed, fixed, minimized, bridged] }
}
