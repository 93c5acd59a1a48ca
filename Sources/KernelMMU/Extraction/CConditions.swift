/// Which branches of `#if` count, as far as the configuration that the shim compiles with says so.
///
/// What it cannot tell it leaves open: both branches then count, and the first definition of a name is taken.
struct CConditions: Sendable {
  /// Names that are defined, `CONFIG_X86_64` or `__KERNEL__`, as `config.h` has them. Other `CONFIG_` names are
  /// not.
  let defined: Set<String>

  private static let undefined: Set<String> = ["__ASSEMBLY__", "__ASSEMBLER__", "__GENKSYMS__", "__CHECKER__"]

  /// Blanks the branches that are not compiled, and leaves every line where it is.
  func blank(_ text: inout [UInt8], _ directives: [Range<Int>]) {
    // One entry an open `#if`: whether this branch counts, and whether one before it certainly did.
    var open: [(isActive: Bool, wasTaken: Bool)] = []
    var position = 0
    for directive in directives {
      if open.contains(where: { !$0.isActive }) { Self.blank(&text, position..<directive.lowerBound) }
      position = directive.upperBound
      let words = CScanner.identifiers(in: text, directive)
      guard let keyword = words.first else { continue }
      let rest = keyword.range.upperBound..<directive.upperBound
      switch keyword.name {
      case "if", "ifdef", "ifndef":
        let value = value(keyword.name, rest, text)
        open.append((value ?? true, value == true))
      case "elif" where !open.isEmpty:
        let before = open.removeLast()
        let value = before.wasTaken ? false : self.value("if", rest, text)
        open.append((value ?? true, before.wasTaken || value == true))
      case "else" where !open.isEmpty:
        let before = open.removeLast()
        open.append((!before.wasTaken, true))
      case "endif" where !open.isEmpty: open.removeLast()
      default:
        if open.contains(where: { !$0.isActive }) { Self.blank(&text, directive) }
      }
    }
  }

  private static func blank(_ text: inout [UInt8], _ range: Range<Int>) {
    for index in range where text[index] != CByte.newline { text[index] = CByte.space }
  }

  private func value(_ keyword: String, _ range: Range<Int>, _ text: [UInt8]) -> Bool? {
    if keyword == "if" {
      var parser = Parser(text: text, index: range.lowerBound, end: range.upperBound, conditions: self)
      return parser.alternatives()
    }
    guard let name = CScanner.identifiers(in: text, range).first?.name else { return nil }
    let value = isDefined(name)
    return keyword == "ifdef" ? value : value.map { !$0 }
  }

  fileprivate func isDefined(_ name: String) -> Bool? {
    if defined.contains(name) { return true }
    return name.hasPrefix("CONFIG_") || Self.undefined.contains(name) ? false : nil
  }

  /// `A || B && !C`, with nil for what is not known.
  private struct Parser {
    let text: [UInt8]
    var index: Int
    let end: Int
    let conditions: CConditions

    mutating func alternatives() -> Bool? {
      var value = conjunction()
      while accepts("||") {
        let right = conjunction()
        value = value == true || right == true ? true : value == nil || right == nil ? nil : false
      }
      return isAtEnd || peek == UInt8(ascii: ")") ? value : nil
    }

    private mutating func conjunction() -> Bool? {
      var value = unary()
      while accepts("&&") {
        let right = unary()
        value = value == false || right == false ? false : value == nil || right == nil ? nil : true
      }
      return value
    }

    private mutating func unary() -> Bool? {
      if accepts("!") { return unary().map { !$0 } }
      if accepts("(") {
        let value = alternatives()
        return accepts(")") ? value : nil
      }
      guard let byte = peek else { return nil }
      if byte == UInt8(ascii: "0") || byte == UInt8(ascii: "1") {
        index += 1
        return byte == UInt8(ascii: "1")
      }
      guard CByte.isIdentifierStart(byte) else { return nil }
      let word = CScanner.identifier(in: text, at: index)
      index = word.range.upperBound
      guard ["defined", "IS_ENABLED", "IS_REACHABLE", "IS_BUILTIN"].contains(word.name) else {
        return conditions.isDefined(word.name)
      }
      let hasBracket = accepts("(")
      guard let byte = peek, CByte.isIdentifierStart(byte) else { return nil }
      let name = CScanner.identifier(in: text, at: index)
      index = name.range.upperBound
      if hasBracket, !accepts(")") { return nil }
      return conditions.isDefined(name.name)
    }

    private var isAtEnd: Bool { mutatingPeek == nil }
    private var mutatingPeek: UInt8? {
      var index = index
      while index < end, CByte.isSpace(text[index]) || text[index] == CByte.backslash { index += 1 }
      return index < end ? text[index] : nil
    }
    private var peek: UInt8? {
      mutating get {
        while index < end, CByte.isSpace(text[index]) || text[index] == CByte.backslash { index += 1 }
        return index < end ? text[index] : nil
      }
    }
    private mutating func accepts(_ word: String) -> Bool {
      guard peek != nil else { return false }
      let bytes = Array(word.utf8)
      guard index + bytes.count <= end, text[index..<index + bytes.count].elementsEqual(bytes) else { return false }
      index += bytes.count
      return true
    }
  }
}
