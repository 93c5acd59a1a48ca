/// A function's body taken apart into its statements. What a macro such as `for_each_tdp_pte()` makes of the statement
/// behind it is not known: it is taken for a loop's.
struct CStatements {
  struct Statement {
    enum Kind: Equatable {
      case expression, declaration, jump
      /// The head of an `if` or a loop: its words are the condition's.
      case condition(of: String)
    }

    var kind: Kind
    /// Indices of tokens; that of the semicolon is not among them.
    var words: Range<Int>
    /// Statements that follow one another have one list, and places that do so too.
    var list: Int
    var place: Int
  }

  let tokens: [CToken]
  private(set) var statements: [Statement] = []
  /// What stands behind an assertion that failed: nothing comes there while nothing is wrong.
  private(set) var asserted: [Range<Int>] = []
  /// By the index of a bracket that opens: that of the one which closes it.
  let closing: [Int: Int]
  private var lists = 0

  private static let types: Set<String> = [
    "struct", "union", "enum", "const", "static", "unsigned", "signed", "int", "long", "short", "char", "void", "bool",
    "volatile", "typeof", "register",
  ]
  private static let jumps: Set<String> = ["return", "goto", "break", "continue"]
  private static let brackets = ["(": ")", "[": "]", "{": "}"]

  /// - Parameter body: from a function's `{` to its `}`.
  init(_ code: [UInt8], body: Range<Int>) {
    tokens = CToken.all(in: code, body)
    var closing: [Int: Int] = [:]
    var open: [Int] = []
    for (index, token) in tokens.enumerated() where token.kind == .mark {
      if Self.brackets[token.text] != nil { open.append(index) }
      if Self.brackets.values.contains(token.text), let start = open.popLast() { closing[start] = index }
    }
    self.closing = closing
    guard let end = closing[0] else { return }
    list(1..<end)
  }

  private func text(_ index: Int) -> String { index < tokens.count ? tokens[index].text : "" }
  private func isName(_ index: Int) -> Bool { index < tokens.count && tokens[index].kind == .name }

  private mutating func newList() -> Int {
    lists += 1
    return lists
  }

  private mutating func list(_ range: Range<Int>) {
    let list = newList()
    var (index, place) = (range.lowerBound, 0)
    while index < range.upperBound {
      index = max(index + 1, statement(index, list, place))
      place += 1
    }
  }

  private mutating func add(_ kind: Statement.Kind, _ words: Range<Int>, _ list: Int, _ place: Int) {
    if !words.isEmpty { statements.append(Statement(kind: kind, words: words, list: list, place: place)) }
  }

  /// A statement that stands alone behind a head.
  private mutating func branch(_ index: Int) -> Int { statement(index, newList(), 0) }

  /// - Returns: the index behind it.
  private mutating func statement(_ start: Int, _ list: Int, _ place: Int) -> Int {
    let word = text(start)
    switch word {
    case "", ";": return start + 1
    case "}": return start
    case "{":
      let end = closing[start] ?? tokens.count
      self.list(start + 1..<max(end, start + 1))
      return end + 1
    case "if", "while", "switch", "for": return head(word, start)
    case "do":
      let loop = branch(start + 1)
      guard text(loop) == "while", let end = closing[loop + 1] else { return loop }
      add(.condition(of: "do"), loop + 2..<end, newList(), 0)
      return end + 2
    case "else": return branch(start + 1)
    case "case", "default":
      let colon = (start..<tokens.count).first { text($0) == ":" } ?? tokens.count
      return statement(colon + 1, list, place)
    default: break
    }
    if isName(start), text(start + 1) == ":" { return statement(start + 2, list, place) }
    if isName(start), text(start + 1) == "(", let end = closing[start + 1], text(end + 1) == "{" || isName(end + 1) {
      return branch(end + 1)
    }
    let end = semicolon(from: start)
    let kind: Statement.Kind =
      Self.jumps.contains(word) ? .jump : isDeclaration(start) ? .declaration : .expression
    add(kind, start..<end, list, place)
    return end + 1
  }

  private mutating func head(_ word: String, _ start: Int) -> Int {
    guard let end = closing[start + 1] else { return start + 1 }
    var condition = start + 2..<end
    if word == "for" {
      let first = semicolon(from: start + 2)
      condition = min(first + 1, end)..<min(max(semicolon(from: first + 1), first + 1), end)
    }
    if word != "switch" { add(.condition(of: word), condition, newList(), 0) }
    let next = branch(end + 1)
    if word == "if", asserts(condition) { asserted.append(end + 1..<next) }
    return word == "if" && text(next) == "else" ? branch(next + 1) : next
  }

  /// Calls that only say or assert something.
  static func isSilent(_ name: String) -> Bool {
    name == "BUG" || ["WARN", "BUG_ON", "static_assert"].contains { name.contains($0) }
      || ["lockdep_", "trace_", "pr_", "might_"].contains { name.hasPrefix($0) }
  }

  func hasSilent(_ words: Range<Int>) -> Bool {
    words.contains { tokens[$0].kind == .name && Self.isSilent(text($0)) }
  }

  /// Whether a condition holds only where an assertion has failed: each of its alternatives has one.
  private func asserts(_ words: Range<Int>) -> Bool {
    var (index, start) = (words.lowerBound, words.lowerBound)
    while index < words.upperBound {
      if text(index) == "!" { return false }
      if text(index) == "||" {
        guard hasSilent(start..<index) else { return false }
        start = index + 1
      }
      index = (closing[index] ?? index) + 1
    }
    return hasSilent(start..<words.upperBound)
  }

  /// The index of the one that ends a statement.
  private func semicolon(from start: Int) -> Int {
    var index = start
    while index < tokens.count, text(index) != ";" { index = (closing[index] ?? index) + 1 }
    return min(index, tokens.count)
  }

  private func isDeclaration(_ start: Int) -> Bool {
    if Self.types.contains(text(start)) { return true }
    guard isName(start) else { return false }
    var next = start + 1
    while text(next) == "*" { next += 1 }
    return isName(next) && ["=", ";", ",", "[", ""].contains(text(next + 1))
  }
}
