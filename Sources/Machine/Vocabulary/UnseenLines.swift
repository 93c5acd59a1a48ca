/// What a run cannot see of what has changed in a tree, as every report tells it.
package enum UnseenLines {
  package typealias Change = (name: String, file: String, reason: String)

  /// One line for each file and reason, in the order in which they come first.
  /// - Parameter changes: a name is `f()`, that of what else it is, or empty for a whole file.
  package static func of(_ changes: [Change]) -> [String] {
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
