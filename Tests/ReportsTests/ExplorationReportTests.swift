import Records
import Reports
import Testing

/// What a person reads of schedules: campaigns, replays, minimising, and the bridge from threads.
@Suite struct ExplorationReportTests {
  @Test(arguments: [
    ("explore-clean.txt", SampleExplorations.clean), ("explore-violation.txt", SampleExplorations.violation),
    ("explore-crowd.txt", SampleExplorations.crowd), ("explore-unverified.txt", SampleExplorations.unverified),
    ("replay-reproduced.txt", SampleExplorations.replayed), ("replay-fixed.txt", SampleExplorations.fixed),
    ("minimize.txt", SampleExplorations.minimized), ("report-bridged.txt", SampleExplorations.bridged),
  ])
  func `a record reads as its golden text`(name: String, record: RunRecord) throws {
    try Golden.expect(TextReport(record).render(), matches: name)
  }

  @Test func `a full report shows every step`() throws {
    try Golden.expect(
      TextReport(SampleExplorations.violation).render(full: true), matches: "explore-violation-full.txt")
  }
}
