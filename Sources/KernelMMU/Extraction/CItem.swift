/// One thing that a C file defines or declares at its top level.
struct CItem {
  enum Kind: Hashable { case macro, function, prototype, type, variable }

  var kind: Kind
  /// What it can be asked for by. An enumeration goes by its constants as well.
  var names: [String]
  /// From its first token to its last.
  var range: Range<Int>
  /// Where a function's or a type's `{` stands.
  var body: Int?

  /// Keywords and attributes before an item's name that are written like calls.
  private static let attributes: Set<String> = [
    "__attribute__", "__aligned", "__printf", "__acquires", "__releases", "__must_hold", "__cleanup", "typeof",
    "__section", "_Static_assert", "static_assert",
  ]

  /// `#define`, nil for any other directive.
  static func macro(in text: [UInt8], _ range: Range<Int>) -> CItem? {
    let identifiers = CScanner.identifiers(in: text, range)
    guard identifiers.count >= 2, identifiers[0].name == "define" else { return nil }
    return CItem(kind: .macro, names: [identifiers[1].name], range: range)
  }

  /// Names a declaration whose end is known. `body` is the offset of a `{` that a function or type opens.
  static func declaration(in code: [UInt8], _ range: Range<Int>, body: Int?, isFunction: Bool) -> CItem? {
    let head = range.lowerBound..<(body ?? range.upperBound)
    let identifiers = CScanner.identifiers(in: code, head)
    guard let first = identifiers.first else { return nil }
    if isFunction {
      guard let name = called(identifiers, code) else { return nil }
      return CItem(kind: .function, names: [name], range: range, body: body)
    }
    let tags: Set<String> = ["struct", "union", "enum"]
    let assigns = code[head].contains(CByte.equals)
    if let body, !assigns, let tag = identifiers.firstIndex(where: { tags.contains($0.name) }) {
      var names = identifiers[(tag + 1)...].map(\.name).filter { !$0.hasPrefix("__attribute") }
      if identifiers[tag].name == "enum" { names += constants(code, (body + 1)..<range.upperBound) }
      if first.name == "typedef", let last = CScanner.identifiers(in: code, range).last { names.append(last.name) }
      return CItem(kind: .type, names: names, range: range, body: body)
    }
    if let name = called(identifiers, code), !assigns {
      return CItem(kind: .prototype, names: [name], range: range)
    }
    if first.name == "typedef" {
      return identifiers.last.map { CItem(kind: .type, names: [$0.name], range: range) }
    }
    let end = code[head].firstIndex { $0 == CByte.equals || $0 == UInt8(ascii: "[") } ?? head.upperBound
    guard identifiers.count >= 2, let name = identifiers.last(where: { $0.range.upperBound <= end }) else { return nil }
    return CItem(kind: .variable, names: [name.name], range: range)
  }

  /// The identifier before the first parenthesis.
  private static func called(_ identifiers: [CScanner.Identifier], _ code: [UInt8]) -> String? {
    identifiers.first { identifier in
      var next = identifier.range.upperBound
      while next < code.count, CByte.isSpace(code[next]) { next += 1 }
      return next < code.count && code[next] == UInt8(ascii: "(") && !attributes.contains(identifier.name)
    }?.name
  }

  private static func constants(_ code: [UInt8], _ range: Range<Int>) -> [String] {
    var names: [String] = []
    var atStart = true
    var depth = 0
    var index = range.lowerBound
    while index < range.upperBound {
      let byte = code[index]
      if CByte.opens(byte) { depth += 1 }
      if CByte.closes(byte) { depth -= 1 }
      if byte == UInt8(ascii: ","), depth == 0 { atStart = true }
      if atStart, CByte.isIdentifierStart(byte) {
        let identifier = CScanner.identifier(in: code, at: index)
        names.append(identifier.name)
        atStart = false
        index = identifier.range.upperBound
      } else {
        index += 1
      }
      if depth < 0 { break }
    }
    return names
  }
}
