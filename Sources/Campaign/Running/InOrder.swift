/// Numbered pieces of work that are handed out in ascending order, and whose results count in that order, whoever
/// brings them and when: what comes of them is the same for any number of workers.
///
/// No thread may use it beside another: it is part of what an engine guards by its lock.
package struct InOrder<Result> {
  /// The next piece to hand out; nil behind the last number that there is.
  private var next: UInt64?
  /// The next piece to count. No number is skipped, as each piece that is handed out is given back.
  private var counted: UInt64
  private let step: UInt64
  /// Pieces from here on are neither handed out nor counted.
  private var end: UInt64
  private var waiting: [UInt64: Result] = [:]
  private var inFlight: Set<UInt64> = []
  private var isStopped = false
  /// A piece was handed out.
  package private(set) var hasBegun = false

  /// - Parameters:
  ///   - first: the first piece; nil for none at all.
  ///   - step: from one to the next.
  ///   - end: the first number that is no piece.
  package init(from first: UInt64?, step: UInt64 = 1, end: UInt64 = .max) {
    next = first
    counted = first ?? .max
    self.step = step
    self.end = end
  }

  /// The next piece; nil if there is nothing left to do. Whoever has taken one gives it back.
  package mutating func take() -> UInt64? {
    guard !isStopped, let piece = next, piece < end else { return nil }
    let (following, overflow) = piece.addingReportingOverflow(step)
    next = overflow ? nil : following
    inFlight.insert(piece)
    hasBegun = true
    return piece
  }

  /// Hands out no more pieces: those that were handed out are counted.
  package mutating func stop() { isStopped = true }

  /// The piece is to be run to its end: nobody has asked to stop, and none before it was the last.
  package func isWanted(_ piece: UInt64) -> Bool { !isStopped && piece < end }

  /// Takes a piece's result.
  /// - Parameter isLast: pieces behind this one are forgotten.
  /// - Returns: the results that count now, as none before them is waited for any more, in the order of their pieces.
  package mutating func give(_ piece: UInt64, _ result: Result, isLast: Bool = false) -> [(
    piece: UInt64, result: Result
  )] {
    inFlight.remove(piece)
    waiting[piece] = result
    // A piece is below the end, and so below the largest number.
    if isLast { end = min(end, piece + 1) }
    var counting: [(piece: UInt64, result: Result)] = []
    while counted < end, let result = waiting.removeValue(forKey: counted) {
      counting.append((counted, result))
      let (following, overflow) = counted.addingReportingOverflow(step)
      counted = overflow ? .max : following
    }
    return counting
  }

  /// The first piece that may be under way.
  package var firstInFlight: UInt64 { inFlight.min() ?? counted }
}
