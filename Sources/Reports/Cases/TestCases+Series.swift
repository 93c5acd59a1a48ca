/// A series as test results: a case for each commit, which passes if it builds and breaks nothing.
import Records

extension TestSuite {
  init(_ record: SeriesRecord) {
    self.init(
      name: "stress series",
      properties: [
        ("repository", record.repository), ("range", record.range), ("kernel", record.version ?? ""),
        ("seed", record.seed), ("schedules", "\(record.schedules)"), ("executions", "\(record.executions)"),
        ("interrupted", "\(record.interrupted)"), ("verdict", record.verdictLine),
      ].filter { !$0.1.isEmpty } + record.unseenLines.map { ("not seen", $0) } + Self.origin(nil, record.build),
      seconds: record.timing.elapsedSeconds,
      cases: record.commits.map { commit in
        Case(
          group: record.place(commit.number), name: "\(commit.commit.prefix(12)) \(commit.subject)",
          result: Self.result(commit, record))
      })
  }

  private static func result(_ commit: SeriesRecord.Commit, _ record: SeriesRecord) -> Case.Result {
    switch commit.state {
    case .doesNotBuild:
      return .failed(
        kind: "build", message: record.words(commit),
        body: commit.builds.compactMap { build in
          build.failure.map { "\(build.compiler): \($0)" }
        })
    case .notAffected, .merge, .notRun: return .skipped(reason: record.words(commit))
    case .harnessFault, .notReadable: return .broken(message: commit.reason)
    case .tried where commit.isClean: return .passed
    case .tried:
      let first = commit.breaks.first
      return .failed(
        kind: first?.checker ?? commit.stillBroken.first?.checker ?? "violation",
        message: record.words(commit),
        body: commit.breaks.flatMap { failure in
          ["\(failure.checker), \(failure.rule): expected \(failure.expected), seen \(failure.seen)"]
            + [record.replay(failure)].compactMap { $0 }
        })
    }
  }
}
