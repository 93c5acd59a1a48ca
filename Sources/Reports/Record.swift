/// A record of any kind: what a record file holds, and what a report is made from.
import Records

package enum Record: Sendable, Equatable {
  case run(RunRecord)
  case matrix(MatrixRecord)
  case exhaust(ExhaustRecord)
  case series(SeriesRecord)

  /// What of a kernel's code ran was counted.
  package var hasCode: Bool {
    switch self {
    case .run(let record): record.code != nil
    case .exhaust(let record): record.code != nil
    case .series(let record): record.code != nil
    case .matrix: false
    }
  }
}
