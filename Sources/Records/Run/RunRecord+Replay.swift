/// What the record of `stress replay` adds: the token's promise, and what its schedule did.
extension RunRecord {
  public struct Replay: Codable, Sendable, Equatable {
    public var token: String
    /// The scenario that the token's episode was drawn from.
    public var scenario: String
    /// The checker and the event hash that the token promises; null where it promises none.
    @NullIfAbsent public var expectedChecker: String?
    @NullIfAbsent public var expectedEventHash: String?
    /// Hash of all events of this execution, `0x` and 16 digits.
    public var eventHash: String
    /// What was executed, up to the violation if there was one.
    public var size: Size
    /// What was executed step by step; null where nobody asked.
    @NullIfAbsent public var interleaving: Interleaving?

    package init(
      token: String, scenario: String, expectedChecker: String?, expectedEventHash: String?, eventHash: String,
      size: Size, interleaving: Interleaving?
    ) {
      self.token = token
      self.scenario = scenario
      self.expectedChecker = expectedChecker
      self.expectedEventHash = expectedEventHash
      self.eventHash = eventHash
      self.size = size
      self.interleaving = interleaving
    }
  }
}
