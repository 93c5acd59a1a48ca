import Records
import Reports
import Testing

/// The promise of a report: a command that it prints as a replay has been seen to replay.
@Suite struct ReproductionTests {
  private static func record(token: String, verified: Int, replays: Int) -> RunRecord {
    var record = SampleExplorations.violation
    record.violations[0].reproduction?.token = token
    record.violations[0].reproduction?.verified = verified
    record.violations[0].reproduction?.replays = replays
    return record
  }

  @Test(arguments: [("m1:a", 0, 0), ("m1:a", 2, 3), ("m1:a", 0, 3), ("m1:a", 4, 3), ("m1:a", -1, -1), ("", 3, 3)])
  func `a token that was not verified is not printed as a command`(token: String, verified: Int, replays: Int) {
    let record = Self.record(token: token, verified: verified, replays: replays)
    for text in [TextReport(record).render(), TextReport(record).renderQuietly(full: true)] {
      #expect(!text.contains("stress replay"))
      #expect(!text.contains("m1:"))
      #expect(text.contains("\nnot reproduced"))
      #expect(text.contains("\nrun again: stress explore "))
    }
    #expect(VerdictLine.render(record).contains(", not reproduced, seed "))
  }

  @Test func `a verified command stands on one line, however long, with its hash below`() {
    let token = "m1:" + String(repeating: "A9_-", count: 2_000)
    let record = Self.record(token: token, verified: 3, replays: 3)
    let lines = TextReport(record).renderQuietly().split(separator: "\n").map(String.init)
    let index = lines.firstIndex(of: "replay: stress replay \(token)")
    #expect(index != nil)
    #expect(index.map { lines[$0 + 1] } == "verified 3/3, event hash \(SampleExplorations.hash)")
    #expect(!lines.contains { $0.hasPrefix("not reproduced") || $0.hasPrefix("run again") })
  }

  @Test func `a token that breaks a rule where nothing was changed is said to`() {
    var record = SampleExplorations.violation
    func text(_ reference: RunRecord.Reference?) -> String {
      record.violations[0].reproduction?.reference = reference
      return TextReport(record).render().replacing("\n", with: " ")
    }
    let silent = text(nil)
    #expect(text(.init(subject: "mainline")) == silent)
    #expect(
      text(.init(subject: "mainline", checker: "TLB-1"))
        .contains("It breaks TLB-1 on mainline as well, so it does not show what differs from that"))
    #expect(
      text(.init(subject: "commit 0123", problem: "no git")).contains(
        "What it does on commit 0123 is not known: no git"))
  }

  @Test func `a rule that was broken before any thread ran is no race, and has no replay`() {
    var record = SampleExplorations.violation
    record.violations[0].moment = .setUp
    record.violations[0].thread = -1
    record.violations[0].reproduction?.token = ""
    record.violations[0].reproduction?.interleaving = nil
    let text = TextReport(record).render().replacing("\n", with: " ")
    #expect(text.contains("none, the initial tables are being built"))
    #expect(text.contains("no race: the rule is broken while the initial tables are built, before any thread runs"))
    #expect(text.contains("run again: stress explore ") && !text.contains("stress replay"))
    #expect(VerdictLine.render(record).contains(" in the initial tables of schedule "))
    record = SampleExplorations.replayed
    record.violations = SampleExplorations.violation.violations
    record.verdict = .violation
    record.violations[0].moment = .setUp
    #expect(VerdictLine.render(record).contains("in the initial tables: no thread has run"))
    #expect(!VerdictLine.render(record).hasPrefix("REPRODUCED"))
  }

  @Test func `minimising that was not done, or not ended, is said to be so`() {
    #expect(TextReport(SampleExplorations.unverified).render().contains("           not minimised\n"))
    var record = SampleExplorations.violation
    record.violations[0].reproduction?.isMinimal = false
    let text = TextReport(record).render()
    #expect(text.contains("(budget used up after") && !text.contains("1-minimal"))
  }

  @Test func `without an interleaving the last events are shown`() {
    var record = SampleExplorations.violation
    record.violations[0].reproduction?.interleaving = nil
    record.violations[0].events = SampleRecords.violation.violations[0].events
    #expect(TextReport(record).render().contains("\nLast events of the threads involved"))
  }

  @Test func `a round that no schedule repeats is kept as the command that runs it`() {
    let lines = TextReport(SampleExplorations.bridged).render().split(separator: "\n").map(String.init)
    let index = lines.firstIndex(of: "not reproduced in 50,000 schedules; the round is kept")
    #expect(index.map { lines[$0 + 1] } == "run again: scripts/stress --seed 0x000000000000002a")
  }

  @Test func `a schedule for what threads found names the operations that it is made of`() {
    var record = SampleExplorations.bridged
    #expect(TextReport(record).render().contains("one of 4,096 schedules of this round's operations breaks ORD-1 too"))
    record.violations[0].reproduction?.scenario = "fault-zap"
    #expect(TextReport(record).render().contains("one of 4,096 schedules of the scenario fault-zap breaks ORD-1 too"))
  }

  @Test(arguments: SampleExplorations.all)
  func `no line is wider than 100 columns but commands and the verdict`(record: RunRecord) {
    for full in [false, true] {
      let lines = TextReport(record).render(full: full).split(separator: "\n").dropLast()
      #expect(lines.filter { $0.count > 100 && !$0.hasPrefix("run again: ") && !$0.hasPrefix("replay: ") } == [])
    }
  }

  @Test(arguments: SampleExplorations.all)
  func `the verdict stands on the last line`(record: RunRecord) {
    let last = TextReport(record).render().split(separator: "\n").last.map(String.init)
    #expect(last == VerdictLine.render(record))
  }

  @Test(arguments: [Engine.explore, .replay, .minimize, .soak])
  func `control characters of a record are shown as spaces`(engine: Engine) {
    func render(_ text: String, verified: Int) -> String {
      var record = SampleExplorations.violation
      record.engine = engine
      record.exploration?.scenario = text
      record.exploration?.shard = text
      record.violations[0].checker = text
      record.violations[0].reproduction?.token = text
      record.violations[0].reproduction?.eventHash = text
      record.violations[0].reproduction?.scenario = text
      record.violations[0].reproduction?.verified = verified
      record.violations[0].reproduction?.interleaving?.spteTitle = text
      record.violations[0].reproduction?.interleaving?.rows[0].action = text
      return TextReport(record).render()
    }
    for verified in [3, 2] {
      #expect(render("a\u{1B}[2J\nb", verified: verified) == render("a [2J b", verified: verified))
    }
  }
}
