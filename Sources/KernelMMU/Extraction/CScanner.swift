/// The lexical half of reading C: comments and literals, directives, identifiers, balanced brackets.
struct CScanner {
  struct Identifier {
    var name: String
    var range: Range<Int>
  }

  static let keywords: Set<String> = [
    "void", "char", "short", "int", "long", "signed", "unsigned", "bool", "static", "extern", "inline", "const",
    "volatile", "struct", "union", "enum", "typedef", "if", "else", "for", "while", "do", "return", "sizeof", "typeof",
    "switch", "case", "default", "break", "continue", "goto", "__attribute__",
  ]

  private var text: [UInt8]
  private var index = 0

  init(_ text: [UInt8]) { self.text = text }

  /// The same text with comments and the contents of literals blanked; newlines stay, so that lines can be counted.
  mutating func withoutCommentsAndLiterals() -> [UInt8] { blanked(literals: true) }

  /// The same with literals as they are.
  mutating func withoutComments() -> [UInt8] { blanked(literals: false) }

  private mutating func blanked(literals: Bool) -> [UInt8] {
    index = 0
    while index < text.count {
      let byte = text[index]
      let next = index + 1 < text.count ? text[index + 1] : 0
      switch byte {
      case UInt8(ascii: "/") where next == UInt8(ascii: "*"): blankComment()
      case UInt8(ascii: "/") where next == UInt8(ascii: "/"):
        while index < text.count, text[index] != CByte.newline { blank() }
      case UInt8(ascii: "\""), UInt8(ascii: "'"): passLiteral(byte, blanking: literals)
      default: index += 1
      }
    }
    return text
  }

  private mutating func blank() {
    if text[index] != CByte.newline { text[index] = CByte.space }
    index += 1
  }

  private mutating func blankComment() {
    blank()
    blank()
    while index < text.count {
      let ends = text[index] == UInt8(ascii: "*") && index + 1 < text.count && text[index + 1] == UInt8(ascii: "/")
      blank()
      if ends { return blank() }
    }
  }

  private mutating func passLiteral(_ quote: UInt8, blanking: Bool) {
    index += 1
    // An apostrophe in an assembler comment or in a skipped branch must not swallow the rest of the file.
    while index < text.count, text[index] != quote, text[index] != CByte.newline {
      if text[index] == CByte.backslash, index + 1 < text.count, text[index + 1] != CByte.newline {
        if blanking { blank() } else { index += 1 }
      }
      if blanking { blank() } else { index += 1 }
    }
    if index < text.count, text[index] == quote { index += 1 }
  }

  /// Preprocessor lines with their continuations, without the last newline.
  static func directives(in text: [UInt8]) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var index = 0
    var atLineStart = true
    while index < text.count {
      let byte = text[index]
      if byte == CByte.hash && atLineStart {
        let start = index
        while index < text.count, text[index] != CByte.newline || text[index - 1] == CByte.backslash { index += 1 }
        ranges.append(start..<index)
      } else {
        if byte == CByte.newline { atLineStart = true } else if !CByte.isSpace(byte) { atLineStart = false }
        index += 1
      }
    }
    return ranges
  }

  static func identifier(in text: [UInt8], at start: Int) -> Identifier {
    var end = start
    while end < text.count, CByte.isIdentifierStart(text[end]) || CByte.isDigit(text[end]) { end += 1 }
    return Identifier(name: String(decoding: text[start..<end], as: UTF8.self), range: start..<end)
  }

  static func identifiers(in text: [UInt8], _ range: Range<Int>? = nil) -> [Identifier] {
    let range = range ?? 0..<text.count
    var found: [Identifier] = []
    var index = range.lowerBound
    while index < range.upperBound {
      if CByte.isIdentifierStart(text[index]) {
        let identifier = identifier(in: text, at: index)
        found.append(identifier)
        index = identifier.range.upperBound
      } else if CByte.isDigit(text[index]) {
        // A number and its suffix are no identifier.
        index = max(index + 1, Self.identifier(in: text, at: index).range.upperBound)
      } else {
        index += 1
      }
    }
    return found
  }

  /// The offset behind the bracket that closes the one at `start`, nil if none does.
  static func closing(in text: [UInt8], from start: Int) -> Int? {
    var depth = 0
    for index in start..<text.count {
      if CByte.opens(text[index]) { depth += 1 }
      if CByte.closes(text[index]) { depth -= 1 }
      if depth == 0 { return index + 1 }
    }
    return nil
  }

  /// Everything at the top level that ends with `;` or with a function's body.
  static func declarations(in code: [UInt8]) -> [CItem] {
    var items: [CItem] = []
    var index = 0
    while index < code.count {
      if CByte.isSpace(code[index]) || code[index] == CByte.semicolon {
        index += 1
        continue
      }
      let start = index
      var body: Int?
      var isFunction = false
      scan: while index < code.count, code[index] != CByte.semicolon {
        if CByte.opens(code[index]) {
          if code[index] == UInt8(ascii: "{") {
            if body == nil { body = index }
            isFunction = isFunction || opensFunction(code, start, index)
          }
          guard let end = closing(in: code, from: index) else { return items }
          index = end
          if isFunction { break scan }
        } else {
          index += 1
        }
      }
      let end = min(isFunction ? index : index + 1, code.count)
      if let item = CItem.declaration(in: code, start..<end, body: body, isFunction: isFunction) { items.append(item) }
      index = max(end, start + 1)
    }
    return items
  }

  /// Whether a `{` begins a function's body: it follows the parameter list, or the macro that stands behind one.
  private static func opensFunction(_ code: [UInt8], _ start: Int, _ brace: Int) -> Bool {
    var before = brace - 1
    while before > start, CByte.isSpace(code[before]) { before -= 1 }
    return before >= start && code[before] == UInt8(ascii: ")") && !code[start..<brace].contains(CByte.equals)
  }
}
