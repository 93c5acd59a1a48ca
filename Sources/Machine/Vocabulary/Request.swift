/// One operation of an episode and what came of it: the interface between an engine and a subject.
public struct Request: Sendable, Equatable {
  public var operation: Operation
  /// The gfns that the operation is about, never empty.
  public var range: Range<Gfn>
  /// Whatever else the operation decides, drawn with it: which bits, how often, in which direction.
  public var draw: UInt64

  public init(operation: Operation, range: Range<Gfn>, draw: UInt64) {
    self.operation = operation
    self.range = range
    self.draw = draw
  }
}

/// What an operation promises about the tables once it has returned. The checkers hold it to that.
public struct Effect: Sendable {
  public struct Mapped: Sendable {
    public var gfn: Gfn
    public var isPrivate: Bool
    /// The whole 2M region may have been mapped with it.
    public var huge: Bool
    /// The fault made the mapping, it did not find it there.
    public var isNew: Bool

    public init(gfn: Gfn, isPrivate: Bool, huge: Bool, isNew: Bool) {
      self.gfn = gfn
      self.isPrivate = isPrivate
      self.huge = huge
      self.isNew = isNew
    }
  }

  public struct Unmapped: Sendable {
    public var range: Range<Gfn>
    public var isPrivate: Bool

    public init(range: Range<Gfn>, isPrivate: Bool) {
      self.range = range
      self.isPrivate = isPrivate
    }
  }

  /// Every leaf of the direct root in the range has had these bits cleared.
  public struct Protected: Sendable {
    public var range: Range<Gfn>
    /// `Spte.writable` or `Spte.dirty`.
    public var bits: UInt64

    public init(range: Range<Gfn>, bits: UInt64) {
      self.range = range
      self.bits = bits
    }
  }

  public var outcome: Outcome
  public var mapped: Mapped?
  public var unmapped: Unmapped?
  /// Regions in which pages of the direct root may have been merged.
  public var merged: Range<Gfn>?
  public var protected: Protected?

  public init(
    _ outcome: Outcome, mapped: Mapped? = nil, unmapped: Unmapped? = nil, merged: Range<Gfn>? = nil,
    protected: Protected? = nil
  ) {
    self.outcome = outcome
    self.mapped = mapped
    self.unmapped = unmapped
    self.merged = merged
    self.protected = protected
  }
}
