/// What is run of a commit one after the other, until something is found.
import Records

extension SeriesTrials {
  /// Pairs that the changes have to do with, all pairs, and schedules: what is found first ends it.
  /// - Parameters:
  ///   - operations: of which one takes part in each pair that is run first; empty for none.
  ///   - sum: all that was seen.
  /// - Returns: false where it was asked to end.
  func search(_ content: Content, _ operations: [String], into sum: inout Search) throws(Fault) -> Bool {
    let limit = configuration.executions
    let steps: [(operations: [String], executions: UInt64)] =
      operations.isEmpty || configuration.table != nil
      ? [([], limit)] : [(operations, limit * MutationRecord.moreOfOwn), ([], limit)]
    for step in steps where sum.failure == nil {
      guard let search = try pairs(content, step.operations, executions: step.executions) else { return false }
      sum.add(search)
    }
    if sum.failure == nil {
      guard let search = try schedules(content) else { return false }
      sum.add(search)
    }
    return true
  }
}

extension SeriesTrials.Search {
  fileprivate mutating func add(_ other: Self) {
    pairs = pairs ?? other.pairs
    schedules = schedules ?? other.schedules
    failure = failure ?? other.failure
    code = CodeCoverage.sum([code, other.code].compactMap { $0 })
  }
}
