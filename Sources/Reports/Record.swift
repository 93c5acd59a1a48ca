/// A record of any kind: what a record file holds, and what a report is made from.
import Records

package enum Record: Sendable, Equatable {
  case run(RunRecord)
  case matrix(MatrixRecord)
  case exhaust(ExhaustRecord)
  case series(SeriesRecord)
}
