/// One small change of a file of a kernel tree that may break it.
package struct SourceMutant: Sendable, Equatable {
  /// What is done to the code: its raw value is how a report calls it.
  package enum Change: String, Sendable, CaseIterable {
    case statement = "statement left out"
    case lock = "lock left out"
    case barrier = "barrier left out"
    case jump = "jump left out"
    case negated = "condition negated"
    case madeTrue = "condition made true"
    case madeFalse = "condition made false"
    case operand = "operand left out"
    case boundary = "boundary moved"
    case comparison = "comparison negated"
    case exchanged = "neighbours exchanged"
    case stored = "cmpxchg made a store"
    case twoSteps = "xchg made two steps"
    case ignored = "value ignored"
    case answer = "answer turned"
    case noError = "error not returned"
  }

  package var file: String
  package var function: String
  package var change: Change
  /// Of the file's lines, those that the change stands on, from 1.
  package var lines: ClosedRange<Int>
  /// Bytes of the file, and what takes their place. The number of lines stays.
  package var range: Range<Int>
  package var replacement: [UInt8]
  /// The lines before and after, without comments, white space made one space.
  package var before: String
  package var after: String

  package func applied(to bytes: [UInt8]) -> [UInt8] {
    Array(bytes[..<range.lowerBound]) + replacement + bytes[range.upperBound...]
  }
}
