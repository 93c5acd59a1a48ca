/// Spins made short: steps that repeat the ones before them, and change nothing, become one with a count.
import Records

package enum TraceFolding {
  /// A retry is a few steps long; two threads that take turns make it twice that.
  private static let longest = 32

  package static func fold(_ rows: [Interleaving.Row], keeping violationStep: UInt64?) -> [Interleaving.Row] {
    var folded: [Interleaving.Row] = []
    var index = 0
    while index < rows.count {
      guard let (period, times) = spin(rows, index, violationStep) else {
        folded.append(rows[index])
        index += 1
        continue
      }
      for offset in 0..<period {
        var row = rows[index + offset]
        row.repeats = UInt64(times)
        folded.append(row)
      }
      index += period * times
    }
    return folded
  }

  /// The shortest run of rows from `start` on that comes again at once.
  private static func spin(
    _ rows: [Interleaving.Row], _ start: Int, _ kept: UInt64?
  ) -> (period: Int, times: Int)? {
    let most = min(longest, (rows.count - start) / 2)
    guard most > 0 else { return nil }
    for period in 1...most {
      var same = 0
      while start + period + same < rows.count,
        repeats(rows[start + period + same], rows[start + same], isFirst: same == 0),
        rows[start + period + same].step != kept, rows[start + same].step != kept
      {
        same += 1
      }
      let times = same / period + 1
      if times > 1 { return (period, times) }
    }
    return nil
  }

  private static func repeats(_ row: Interleaving.Row, _ other: Interleaving.Row, isFirst: Bool) -> Bool {
    row.thread == other.thread && row.action == other.action && !row.changesSpte && !row.changesExternal
      && !other.changesSpte && !other.changesExternal && row.spte == other.spte && row.external == other.external
      && row.matters == other.matters && (isFirst || row.isPreemption == other.isPreemption)
  }
}
