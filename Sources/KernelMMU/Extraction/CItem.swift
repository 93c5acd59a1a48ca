/// One thing that a C file defines or declares at its top level.
struct CItem {
  enum Kind: Hashable { case macro, function, prototype, type, variable, tracepoint }

  var kind: Kind
  /// What it can be asked for by. An enumeration goes by its constants as well.
  var names: [String]
  /// From its first token to its last.
  var range: Range<Int>
  /// Where a function's or a type's `{` stands.
  var body: Int?

  /// Definitions come before declarations.
  var rank: Int {
    switch kind {
    case .function: 0
    case .macro: 1
    case .type: body == nil ? 3 : 1
    case .tracepoint: 2
    case .variable: 4
    case .prototype: 5
    }
  }

  /// Keywords and attributes before an item's name that are written like calls.
  private static let attributes: Set<String> = [
    "__attribute__", "__aligned", "__printf", "__acquires", "__releases", "__must_hold", "__cleanup", "typeof",
    "__section", "_Static_assert", "static_assert", "__compiletime_error", "__compiletime_warning",
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
    // `TRACE_EVENT(...)` holds statements, and is none.
    let isEvent = ["TRACE_EVENT", "DEFINE_EVENT"].contains { first.name.hasPrefix($0) }
    let assigns = !isEvent && code[head].contains(CByte.equals)
    // `struct shape;`
    if body == nil, identifiers.count == 2, tags.contains(first.name), !assigns { return nil }
    if let body, !assigns, let tag = identifiers.firstIndex(where: { tags.contains($0.name) }) {
      var names = identifiers[(tag + 1)...].map(\.name).filter { !$0.hasPrefix("__attribute") }
      if identifiers[tag].name == "enum" { names += constants(code, (body + 1)..<range.upperBound) }
      if first.name == "typedef", let last = CScanner.identifiers(in: code, range).last { names.append(last.name) }
      return CItem(kind: .type, names: names, range: range, body: body)
    }
    if let name = called(identifiers, code), !assigns {
      let isMacro = identifiers.first { $0.name != "static" && $0.name != "extern" }?.name == name
      return isMacro
        ? invocation(name, code, range) : CItem(kind: .prototype, names: [name], range: range)
    }
    if first.name == "typedef" {
      // `typedef unsigned long one, other;`
      let names = identifiers.filter { word in
        var next = word.range.upperBound
        while next < range.upperBound, CByte.isSpace(code[next]) { next += 1 }
        return next >= range.upperBound || code[next] == CByte.semicolon || code[next] == UInt8(ascii: ",")
      }
      let last = identifiers.last.map { [$0.name] } ?? []
      return CItem(kind: .type, names: names.isEmpty ? last : names.map(\.name), range: range)
    }
    let end = code[head].firstIndex { $0 == CByte.equals || $0 == UInt8(ascii: "[") } ?? head.upperBound
    let before = identifiers.filter { $0.range.upperBound <= end }
    // `int counter __read_mostly = 1;`
    guard identifiers.count >= 2, let name = before.last(where: { !$0.name.hasPrefix("__") }) ?? before.last
    else { return nil }
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

  /// `TRACE_EVENT(...)` and its like make a function, `DEFINE_STATIC_KEY_FALSE(name)` and its like something by the
  /// names in its brackets.
  private static func invocation(_ name: String, _ code: [UInt8], _ range: Range<Int>) -> CItem? {
    let identifiers = CScanner.identifiers(in: code, range)
    guard let called = identifiers.firstIndex(where: { $0.name == name }) else { return nil }
    let names = identifiers[(called + 1)...].map(\.name)
    switch name {
    case "TRACE_EVENT", "TRACE_EVENT_FN", "TRACE_EVENT_CONDITION", "DECLARE_TRACE":
      return names.first.map { CItem(kind: .tracepoint, names: ["trace_\($0)", "trace_\($0)_enabled"], range: range) }
    case "DEFINE_EVENT", "DEFINE_EVENT_CONDITION", "DEFINE_EVENT_PRINT", "DEFINE_EVENT_FN":
      guard names.count > 1 else { return nil }
      return CItem(kind: .tracepoint, names: ["trace_\(names[1])", "trace_\(names[1])_enabled"], range: range)
    case _ where name.hasPrefix("DECLARE_") || name.hasPrefix("DEFINE_") || name == "LIST_HEAD":
      let open = identifiers[called].range.upperBound
      return CItem(kind: .variable, names: plainArguments(code, open..<range.upperBound), range: range)
    default: return nil
    }
  }

  /// Arguments that are one identifier each.
  private static func plainArguments(_ code: [UInt8], _ range: Range<Int>) -> [String] {
    var names: [String] = []
    var depth = 0
    var start = range.lowerBound
    for index in range {
      if CByte.opens(code[index]) { depth += 1 }
      if CByte.closes(code[index]) { depth -= 1 }
      if depth == 1, CByte.opens(code[index]) { start = index + 1 }
      guard depth == 0 || (depth == 1 && code[index] == UInt8(ascii: ",")) else { continue }
      let argument = code[min(start, index)..<index].filter { !CByte.isSpace($0) }
      let words = CScanner.identifiers(in: code, min(start, index)..<index)
      if words.count == 1, words[0].name.utf8.elementsEqual(argument), !CScanner.keywords.contains(words[0].name) {
        names.append(words[0].name)
      }
      start = index + 1
      if depth == 0, !names.isEmpty || CByte.closes(code[index]) { break }
    }
    return names
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
