/// What is remembered of single bits of the direct root's leaves, until they are looked at at rest.
import Machine

/// A write that has given or taken bits of what an entry of the direct root maps.
struct BitsWritten {
  var gfn: Gfn
  var stamp: UInt64
  var bits: UInt64
  var level: UInt8

  @inline(__always) func covers(_ other: Gfn) -> Bool { other &- gfn < Spte.pages(Int(level)) }
}

/// An operation that has promised bits to be clear, or to be set.
struct BitsPromised {
  var range: Range<Gfn>
  var bits: UInt64
  /// When it began.
  var begin: UInt64
}

extension TaskState {
  mutating func forgetBits() {
    grantCount = 0
    protectionCount = 0
    answerCount = 0
    withdrawalCount = 0
  }
}
