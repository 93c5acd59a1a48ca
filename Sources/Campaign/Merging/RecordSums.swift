/// What adds up over the records of a campaign's parts.
import Machine
import Records

enum RecordSums {
  /// In the order of a run's own record.
  static func outcomes(_ records: [RunRecord]) -> [RunRecord.OutcomeRow] {
    var rows: [RunRecord.OutcomeRow] = []
    for row in records.flatMap(\.outcomes) {
      if let index = rows.firstIndex(where: { $0.operation == row.operation && $0.outcome == row.outcome }) {
        rows[index].count &+= row.count
      } else {
        rows.append(row)
      }
    }
    var totals: [String: UInt64] = [:]
    for row in rows { totals[row.operation, default: 0] &+= row.count }
    for index in rows.indices {
      let total = totals[rows[index].operation] ?? 0
      rows[index].share = total == 0 ? 0 : Double(rows[index].count) / Double(total)
    }
    let operations = Operation.allCases.map(\.name)
    let outcomes = Outcome.allCases.map(\.name)
    func place(_ row: RunRecord.OutcomeRow) -> (Int, Int) {
      (operations.firstIndex(of: row.operation) ?? .max, outcomes.firstIndex(of: row.outcome) ?? .max)
    }
    return rows.sorted { place($0) < place($1) }
  }

  static func coverage(_ records: [RunRecord]) -> [String: UInt64] {
    records.reduce(into: [:]) { sum, record in sum.merge(record.coverage, uniquingKeysWith: &+) }
  }

  /// The races that no part met.
  static func coverageWarnings(_ records: [RunRecord], _ sum: [String: UInt64]) -> [String] {
    guard let first = records.first else { return [] }
    return first.coverageWarnings.filter { name in
      sum[name] == 0 && records.allSatisfy { $0.coverageWarnings.contains(name) }
    }
  }

  static func checkers(_ records: [RunRecord]) -> [RunRecord.CheckerRow] {
    var rows: [RunRecord.CheckerRow] = []
    for row in records.flatMap(\.checkers) {
      if let index = rows.firstIndex(where: { $0.checker == row.checker }) {
        rows[index].checks &+= row.checks
      } else {
        rows.append(row)
      }
    }
    return rows
  }

  /// As of machines that ran side by side.
  static func timing(_ records: [RunRecord]) -> RunRecord.Timing {
    let timings = records.map(\.timing)
    let elapsed = timings.map(\.elapsedSeconds).max() ?? 0
    let operations = records.reduce(0) { $0 &+ $1.operations }
    return RunRecord.Timing(
      elapsedSeconds: elapsed, operationsPerSecond: elapsed > 0 ? Double(operations) / elapsed : 0,
      liveThreads: timings.reduce(0) { $0 &+ $1.liveThreads }, latencies: [],
      peakResidentBytes: timings.map(\.peakResidentBytes).max() ?? 0)
  }
}
