/// One side of a comparison: records by name, and what a night says of itself beside them.
import Records

package struct Night: Sendable, Equatable {
  /// A part as `status.json` of scripts/soak has it.
  package struct Part: Sendable, Equatable, Decodable {
    package var name: String
    package var status: String
    package var verdict: String

    package init(name: String, status: String, verdict: String) {
      self.name = name
      self.status = status
      self.verdict = verdict
    }
  }

  /// By the name of their file, say.
  package var records: [String: Record]
  /// Those of the night's parts that leave no record, such as canaries; none where nothing is known of a night.
  package var parts: [String: Part]
  /// Why it is less than a whole night, nil if it is one.
  package var gap: String?

  package init(_ records: [String: Record], parts: [Part] = [], gap: String? = nil) {
    self.records = records
    self.parts = Dictionary(
      parts.filter { records[$0.name] == nil }.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    self.gap = gap
  }
}
