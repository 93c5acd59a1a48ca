/// One side of a comparison: records by name, and what a night says of itself beside them.
import Records

public struct Night: Sendable, Equatable {
  /// A part as `status.json` of scripts/soak has it.
  public struct Part: Sendable, Equatable, Decodable {
    public var name: String
    public var status: String
    public var verdict: String

    public init(name: String, status: String, verdict: String) {
      self.name = name
      self.status = status
      self.verdict = verdict
    }
  }

  /// By the name of their file, say.
  public var records: [String: Record]
  /// Those of the night's parts that leave no record, such as canaries; none where nothing is known of a night.
  public var parts: [String: Part]
  /// Why it is less than a whole night, nil if it is one.
  public var gap: String?

  public init(_ records: [String: Record], parts: [Part] = [], gap: String? = nil) {
    self.records = records
    self.parts = Dictionary(
      parts.filter { records[$0.name] == nil }.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    self.gap = gap
  }
}
