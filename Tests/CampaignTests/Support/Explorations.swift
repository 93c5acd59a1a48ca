/// Explorations run inside the tests.
import Campaign
import Testing

enum Explorations {
  static func run(_ configuration: ExploreConfiguration, notice: @escaping (String) -> Void = { _ in }) -> RunRecord {
    Runs.named { Explore(configuration: configuration, stateName: $0).run(notice: notice) }
  }

  /// What a failing run printed, as a token.
  static func token(_ record: RunRecord) throws -> Token {
    try Token(parsing: #require(record.violations.first?.reproduction).token)
  }
}
