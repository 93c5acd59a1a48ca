/// What clang and gcc say is missing, as wants.
package struct Diagnostics {
  /// The tree's file as the compiler names it, with what stands before it taken away.
  let strip: [String]
  /// The text of a line, for messages that name no type.
  let source: (_ file: String, _ line: Int) -> String?

  package private(set) var wants: [Want] = []
  /// Those of `wants` that no message names: the line that it is about mentions them.
  package private(set) var guesses: Set<Want> = []
  /// Errors that name nothing which could be looked up, as the compiler wrote them.
  private(set) var others: [String] = []
  private var seen: Set<Want.What> = []

  package init(strip: [String], source: @escaping (String, Int) -> String?) {
    self.strip = strip
    self.source = source
  }

  package mutating func read(_ output: String) {
    for line in output.split(separator: "\n") {
      guard let mark = line.range(of: "error: ") else { continue }
      let (file, number) = place(line[..<mark.lowerBound])
      let message = String(line[mark.upperBound...])
      let named = Self.whats(message)
      let found = named ?? incomplete(message, file, number)
      if found.isEmpty { others.append(String(line)) }
      for what in found where seen.insert(what).inserted {
        let want = Want(what: what, file: file, line: number)
        wants.append(want)
        if named == nil { guesses.insert(want) }
      }
    }
  }

  /// Of the linker: `undefined reference to 'name'`, or `undefined symbol: name`.
  package mutating func readLinker(_ output: String) {
    for line in output.split(separator: "\n") {
      var name: Substring?
      for phrase in ["undefined reference to ", "undefined symbol: "] {
        if let mark = line.range(of: phrase) { name = line[mark.upperBound...] }
      }
      guard let name else { continue }
      let symbol = String(name.drop { "`'".contains($0) }.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
      guard !symbol.isEmpty, seen.insert(.symbol(symbol)).inserted else { continue }
      let (file, number) = place(line[..<(line.range(of: "undefined ")?.lowerBound ?? line.startIndex)])
      wants.append(Want(what: .symbol(symbol), file: file, line: number))
    }
  }

  /// `file:line:column: `, from behind.
  private func place(_ text: Substring) -> (String, Int) {
    var text = String(text)
    for part in strip { text = text.replacing(part, with: "") }
    let fields = text.split(separator: ":", omittingEmptySubsequences: false)
    guard let index = fields.firstIndex(where: { Int($0) != nil }), index > 0, let line = Int(fields[index]) else {
      return (text.trimmingPrefix { $0 == " " }.prefix { $0 != ":" }.description, 0)
    }
    return (fields[..<index].joined(separator: ":"), line)
  }

  private static let named: [(before: String, after: String)] = [
    ("use of undeclared identifier '", "'"), ("call to undeclared function '", "'"),
    ("call to undeclared library function '", "'"), ("unknown type name '", "'"),
    ("implicit declaration of function '", "'"), ("use of undeclared label '", "'"),
  ]
  private static let typed: [String] = [
    "incomplete definition of type '", "incomplete type '", "undefined type '", "incomplete element type '",
    "tentative definition has type '", "subscript of pointer to incomplete type '", "offsetof of incomplete type '",
  ]

  private static func whats(_ message: String) -> [Want.What]? {
    for (before, after) in named {
      if let name = quoted(message, before, after) { return [.name(name)] }
    }
    if let mark = message.range(of: "' undeclared"), message.hasPrefix("'") {
      return [.name(String(message[message.index(after: message.startIndex)..<mark.lowerBound]))]
    }
    if let name = quoted(message, "no member named '", "'") {
      let owner = quoted(message, "' in '", "'") ?? quoted(message, "'", "' has no member")
      if let owner, let tag = tag(owner) { return [.member(name, of: tag)] }
    }
    for before in typed {
      if let type = quoted(message, before, "'"), let tag = tag(type) { return [.type(tag)] }
    }
    return nil
  }

  /// gcc does not always say which type is incomplete, and a macro that is missing makes errors of syntax: what the
  /// line mentions is asked for, and what is there already is no loss.
  private func incomplete(_ message: String, _ file: String, _ line: Int) -> [Want.What] {
    guard let text = source(file, line) else { return [] }
    let bytes = Array(text.utf8)
    let words = CScanner.identifiers(in: bytes)
    if message.contains("incomplete") || message.contains("storage size") {
      return words.indices.dropFirst().filter { ["struct", "union", "enum"].contains(words[$0 - 1].name) }
        .map { .type(words[$0].name) }
    }
    let isSyntax = message.contains("expected") || message.contains("type specifier missing")
    guard isSyntax || message.contains("type defaults to") || message.contains("not constant") else { return [] }
    return words.filter { !CScanner.keywords.contains($0.name) }.map { .name($0.name) }
  }

  private static func quoted(_ message: String, _ before: String, _ after: String) -> String? {
    guard let start = message.range(of: before) else { return nil }
    guard let end = message[start.upperBound...].range(of: after) else { return nil }
    return String(message[start.upperBound..<end.lowerBound])
  }

  /// `const struct kvm_arch *` is about kvm_arch; a typedef about itself.
  private static func tag(_ type: String) -> String? {
    let words = CScanner.identifiers(in: Array(type.utf8)).map(\.name).filter {
      !["const", "volatile", "struct", "union", "enum", "aka"].contains($0)
    }
    return words.first
  }
}
