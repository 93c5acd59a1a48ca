/// One operation of an episode and what came of it: the interface between an engine and a subject.
public struct Request: Sendable, Equatable {
  public var operation: Operation
  /// The gfns that the operation is about, never empty.
  package var range: Range<Gfn>
  /// Whatever else the operation decides, drawn with it: which bits, how often, in which direction.
  package var draw: UInt64

  package init(operation: Operation, range: Range<Gfn>, draw: UInt64) {
    self.operation = operation
    self.range = range
    self.draw = draw
  }
}

/// What an operation promises about the tables once it has returned. The checkers hold it to that.
@usableFromInline package struct Effect: Sendable {
  package struct Mapped: Sendable {
    package var gfn: Gfn
    package var isPrivate: Bool
    /// The whole 2M region may have been mapped with it.
    package var huge: Bool
    /// The fault made the mapping, it did not find it there.
    package var isNew: Bool

    package init(gfn: Gfn, isPrivate: Bool, huge: Bool, isNew: Bool) {
      self.gfn = gfn
      self.isPrivate = isPrivate
      self.huge = huge
      self.isNew = isNew
    }
  }

  package struct Unmapped: Sendable {
    package var range: Range<Gfn>
    package var isPrivate: Bool

    package init(range: Range<Gfn>, isPrivate: Bool) {
      self.range = range
      self.isPrivate = isPrivate
    }
  }

  /// Every leaf of the direct root in the range has had these bits cleared.
  package struct Protected: Sendable {
    package var range: Range<Gfn>
    /// `Spte.writable`, `Spte.dirty` or `Spte.accessed`.
    package var bits: UInt64

    package init(range: Range<Gfn>, bits: UInt64) {
      self.range = range
      self.bits = bits
    }
  }

  /// A fault on shared memory was answered: the access may be made now.
  package struct Answered: Sendable {
    package var gfn: Gfn
    /// `Spte.writable` or `Spte.executable`.
    package var bits: UInt64

    package init(gfn: Gfn, bits: UInt64) {
      self.gfn = gfn
      self.bits = bits
    }
  }

  package var outcome: Outcome
  package var mapped: Mapped?
  package var unmapped: Unmapped?
  /// Regions in which pages of the direct root may have been merged.
  package var merged: Range<Gfn>?
  package var protected: Protected?
  package var answered: Answered?

  package init(
    _ outcome: Outcome, mapped: Mapped? = nil, unmapped: Unmapped? = nil, merged: Range<Gfn>? = nil,
    protected: Protected? = nil, answered: Answered? = nil
  ) {
    self.outcome = outcome
    self.mapped = mapped
    self.unmapped = unmapped
    self.merged = merged
    self.protected = protected
    self.answered = answered
  }
}
