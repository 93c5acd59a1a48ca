/// The doctor's lines about what a build took from a tree.
struct TakenReport {
  let note: TakenNote
  /// A line for each thing, with its lines and what wanted it.
  let isFull: Bool

  func tell(_ tell: (String) -> Void) {
    let named = note.taken.filter(\.isByName).count
    tell("    taken    \(note.taken.count) definitions, \(named) by name, \(note.taken.count - named) on demand")
    if isFull {
      for item in note.taken { tell("      " + Self.line(item)) }
    } else {
      self.tell("by name", note.taken.filter(\.isByName), tell)
      self.tell("on demand", note.taken.filter { !$0.isByName }, tell)
    }
    tell("    empty    \(note.empty.count) headers that are included, and of which nothing stays")
    Wrapped.tell(note.empty, "      ", tell)
    tell("    shim     \(note.answered.count) functions and macros that the tree's code calls and the tool answers")
    Wrapped.tell(note.answered, "      ", tell)
  }

  private func tell(_ how: String, _ items: [Taken], _ tell: (String) -> Void) {
    var files: [String] = []
    for file in items.map(\.file) where !files.contains(file) { files.append(file) }
    for file in files {
      tell("      \(how), from \(file)")
      Wrapped.tell(items.filter { $0.file == file }.map(\.name), "        ", tell)
    }
  }

  private static func line(_ item: Taken) -> String {
    let lines =
      item.lines.count == 1 ? "\(item.lines.lowerBound)" : "\(item.lines.lowerBound)-\(item.lines.upperBound)"
    let how = item.isByName ? "by name" : "on demand"
    return "\(item.kind.rawValue) \(item.name): \(item.file):\(lines), \(how), for \(item.wantedBy)"
  }
}

/// Names with commas between them, broken at 100 columns.
enum Wrapped {
  static func tell(_ names: [String], _ head: String, _ tell: (String) -> Void) {
    var line = ""
    for (index, name) in names.enumerated() {
      let word = index + 1 < names.count ? "\(name)," : name
      if !line.isEmpty && head.count + line.count + 1 + word.count > 100 {
        tell(head + line)
        line = ""
      }
      line += line.isEmpty ? word : " \(word)"
    }
    if !line.isEmpty { tell(head + line) }
  }
}
