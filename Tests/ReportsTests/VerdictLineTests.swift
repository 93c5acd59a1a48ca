import Records
import Reports
import Testing

/// The one line that a script greps and a person believes.
@Suite struct VerdictLineTests {
  @Test func `a clean campaign says how much was sampled, and that it is no proof`() {
    var record = SampleExplorations.clean
    record.coverageWarnings = []
    #expect(
      VerdictLine.render(record)
        == "PASS sampled: 1,204,331 schedules, 311,870 distinct (by happens-before hash), "
        + "4.1 % of the last 100,000 were new; not a proof")
    record.exploration?.distinctIsExact = false
    #expect(VerdictLine.render(record).contains(", about 311,870 distinct ("))
    record.exploration?.window = 0
    #expect(VerdictLine.render(record).hasSuffix("(by happens-before hash); not a proof"))
    record.mutant = "lost-zap"
    record.coverageWarnings = ["metFrozen", "contendedLock"]
    #expect(VerdictLine.render(record).hasSuffix(", 2 races not met, mutant lost-zap not caught; not a proof"))
  }

  @Test func `a shard that had nothing to run has not passed`() {
    var record = SampleExplorations.clean
    record.exploration?.schedules = 0
    record.exploration?.shard = "3/3"
    for index in record.checkers.indices { record.checkers[index].checks = 0 }
    let verdict = "NOTHING RUN: the campaign has no schedules for shard 3/3, so it says nothing"
    #expect(VerdictLine.render(record) == verdict)
    #expect(ReportFormat.markdown.render(.run(record)).hasPrefix("## ➖ NOTHING RUN: "))
    let ktap = ReportFormat.ktap.render(.run(record))
    #expect(ktap.hasSuffix("\nok 1 stress explore # SKIP nothing was checked\n"))
    record.exploration?.shard = nil
    #expect(VerdictLine.render(record) == "NOTHING RUN: the campaign has no schedules, so it says nothing")
  }

  @Test func `an interrupted campaign says after how much`() {
    var record = SampleExplorations.clean
    record.interrupted = true
    #expect(VerdictLine.render(record).hasPrefix("INTERRUPTED after 1,204,331 schedules, 311,870 distinct "))
    #expect(VerdictLine.render(record).hasSuffix("; no violation so far"))
    record.exploration = nil
    #expect(VerdictLine.render(record).hasPrefix("INTERRUPTED after 0 schedules"))
  }

  @Test func `a violation is named with the schedule that showed it first`() {
    var record = SampleExplorations.violation
    record.violations[0].reproduction?.schedule = 1_204_331
    #expect(VerdictLine.render(record) == "FAIL FRZ-2 at schedule 1204331, seed 0x000000000000002a")
    record.violations[0].reproduction = nil
    #expect(VerdictLine.render(record) == "FAIL FRZ-2, seed 0x000000000000002a")
    record.violations = []
    #expect(VerdictLine.render(record) == "FAIL with no violation on record, seed 0x000000000000002a")
  }

  @Test(arguments: [Engine.explore, .replay, .minimize])
  func `a harness fault says nothing about the protocol`(engine: Engine) {
    var record = SampleExplorations.violation
    record.engine = engine
    record.verdict = .harnessFault
    record.harnessFaults = ["schedule 100 ran twice with different event hashes"]
    #expect(VerdictLine.render(record).hasPrefix("HARNESS FAULT 1 fault, so this run says nothing"))
  }

  @Test func `a replay says what came of the token's promise`() {
    let hash = SampleExplorations.hash
    var record = SampleExplorations.replayed
    #expect(VerdictLine.render(record) == "REPRODUCED FRZ-2, event hash \(hash)")
    record.replay?.expectedEventHash = "0x1"
    #expect(
      VerdictLine.render(record) == "REPRODUCED FRZ-2 by other events: event hash \(hash), the token has 0x1")
    record.replay?.expectedChecker = "EQ-1"
    #expect(VerdictLine.render(record) == "FAIL FRZ-2 in place of the token's EQ-1, event hash \(hash)")
    record.replay?.expectedChecker = nil
    record.replay?.expectedEventHash = nil
    #expect(VerdictLine.render(record) == "REPRODUCED FRZ-2, event hash \(hash)")
    record.replay = nil
    #expect(VerdictLine.render(record) == "REPRODUCED FRZ-2")
  }

  @Test(arguments: [Engine.replay, .minimize])
  func `a token that runs clean is not reproduced`(engine: Engine) {
    var record = SampleExplorations.fixed
    record.engine = engine
    #expect(
      VerdictLine.render(record).hasPrefix("NOT REPRODUCED FRZ-2: the schedule ran to its end and broke no rule"))
    record.interrupted = true
    #expect(VerdictLine.render(record).hasPrefix("INTERRUPTED "))
  }

  @Test func `minimising says what was taken away`() {
    let end = ", event hash \(SampleExplorations.hash)"
    var record = SampleExplorations.minimized
    #expect(VerdictLine.render(record) == "MINIMISED FRZ-2: 412 to 21 steps, 31 to 2 preemptions, 1-minimal" + end)
    record.violations[0].reproduction?.isMinimal = false
    record.violations[0].reproduction?.verified = 0
    #expect(VerdictLine.render(record).hasSuffix(", budget used up, not reproduced" + end))
    record.violations[0].reproduction?.minimized = nil
    #expect(VerdictLine.render(record) == "NOT MINIMISED FRZ-2" + end)
  }
}
