/// A change of a tree that a run cannot see.
public struct UnseenChange: Sendable, Equatable {
  static let fileScope = "file-scope lines"

  /// `f()`, the name of what else it is, or empty for a whole file.
  public var name: String
  public var file: String
  /// In words: `not compiled`, `never called`, or what answers in its place.
  public var reason: String

  public init(name: String, file: String, reason: String) {
    self.name = name
    self.file = file
    self.reason = reason
  }

  init(name: String, file: String, reason: SourceUse.State, by: String) {
    self.init(name: name, file: file, reason: reason == .answered ? "answered by \(by)" : reason.rawValue)
  }

  /// One line for each file and reason, in the order in which they come first.
  public static func lines(_ changes: [UnseenChange]) -> [String] {
    var groups: [(file: String, reason: String, names: [String])] = []
    for change in changes {
      if let index = groups.firstIndex(where: { $0.file == change.file && $0.reason == change.reason }) {
        if !groups[index].names.contains(change.name) { groups[index].names.append(change.name) }
      } else {
        groups.append((change.file, change.reason, [change.name]))
      }
    }
    return groups.map { group in
      let names = group.names.filter { !$0.isEmpty }
      return "changed, \(group.reason): "
        + (names.isEmpty ? group.file : "\(names.joined(separator: ", ")) (\(group.file))")
    }
  }
}
