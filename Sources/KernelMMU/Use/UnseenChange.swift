/// A change of a tree that a run cannot see.
import Machine

package struct UnseenChange: Sendable, Equatable {
  static let fileScope = "file-scope lines"

  /// `f()`, the name of what else it is, or empty for a whole file.
  package var name: String
  package var file: String
  /// In words: `not compiled`, `never called`, or what answers in its place.
  package var reason: String

  package init(name: String, file: String, reason: String) {
    self.name = name
    self.file = file
    self.reason = reason
  }

  init(name: String, file: String, reason: SourceUse.State, by: String) {
    self.init(name: name, file: file, reason: reason == .answered ? "answered by \(by)" : reason.rawValue)
  }

  /// One line for each file and reason, in the order in which they come first.
  package static func lines(_ changes: [UnseenChange]) -> [String] {
    UnseenLines.of(changes.map { ($0.name, $0.file, $0.reason) })
  }
}
