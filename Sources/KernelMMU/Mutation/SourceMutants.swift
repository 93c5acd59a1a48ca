/// Breaks lines of a C file, one small way at a time.
///
/// What nobody can see while nothing is wrong is left alone: assertions, trace points, messages. So are macros, types
/// and what is initialised at file scope.
package struct SourceMutants {
  private let source: CSource
  private let path: String
  /// Those that may be broken.
  private let lines: Set<Int>
  private var function = ""
  private var body: CStatements
  private var found: [SourceMutant] = []

  /// - Parameters:
  ///   - lines: of the file, from 1: a mutant touches one of them.
  ///   - isUsed: of the line on which a function begins: whether it is compiled and called.
  /// - Returns: in the order of their places.
  package static func of(
    _ path: String, _ bytes: [UInt8], lines: Set<Int>, isUsed: (Int) -> Bool
  ) -> [SourceMutant] {
    let source = CSource(path: path, bytes: bytes, conditions: nil)
    return source.items.flatMap { item -> [SourceMutant] in
      guard item.kind == .function, let start = item.body, isUsed(source.line(at: item.range.lowerBound)) else {
        return []
      }
      var mutants = SourceMutants(source, path, lines, item.names[0], start..<item.range.upperBound)
      mutants.breakAll()
      return mutants.found.sorted {
        ($0.lines.lowerBound, $0.range.lowerBound, $0.change.order) < (
          $1.lines.lowerBound, $1.range.lowerBound, $1.change.order
        )
      }
    }
  }

  private init(_ source: CSource, _ path: String, _ lines: Set<Int>, _ function: String, _ body: Range<Int>) {
    self.source = source
    self.path = path
    self.lines = lines
    self.function = function
    self.body = CStatements(source.code, body: body)
  }

  // MARK: What is there

  private var tokens: [CToken] { body.tokens }
  private func text(_ index: Int) -> String { index >= 0 && index < tokens.count ? tokens[index].text : "" }

  /// Bytes from the first of these tokens to the last.
  private func bytes(_ words: Range<Int>) -> Range<Int> {
    tokens[words.lowerBound].range.lowerBound..<tokens[words.upperBound - 1].range.upperBound
  }

  private func quote(_ words: Range<Int>) -> String { source.quote(bytes(words)) }

  private func hasSilent(_ words: Range<Int>) -> Bool { body.hasSilent(words) }

  /// What only says or asserts something, and what stands behind that.
  private var silent: [Range<Int>] {
    body.asserted
      + tokens.indices.compactMap { index in
        guard tokens[index].kind == .name, CStatements.isSilent(text(index)), let end = body.closing[index + 1] else {
          return nil
        }
        return index..<end + 1
      }
  }

  private func hasCall(_ words: Range<Int>) -> Bool {
    words.contains { tokens[$0].kind == .name && text($0 + 1) == "(" && text($0) != "sizeof" }
  }

  /// Whether all of the words are one call: `f(a)`, or `kvm_x86_call(f)(a)`.
  private func isCall(_ words: Range<Int>) -> Bool {
    guard words.count > 2, tokens[words.lowerBound].kind == .name, text(words.lowerBound) != "sizeof" else {
      return false
    }
    var end = words.lowerBound + 1
    while end < words.upperBound, text(end) == "(", let close = body.closing[end] { end = close + 1 }
    return end == words.upperBound
  }

  // MARK: Breaking it

  private mutating func breakAll() {
    for (index, statement) in body.statements.enumerated() {
      if body.asserted.contains(where: { $0.contains(statement.words.lowerBound) }) { continue }
      switch statement.kind {
      case .expression:
        leaveOut(statement.words)
        exchange(index)
        ignoreAssigned(statement.words)
      case .declaration: ignoreInitial(statement.words)
      case .jump: jump(statement.words)
      case .condition(let head): condition(statement.words, head)
      }
    }
    expressions()
  }

  private mutating func add(
    _ change: SourceMutant.Change, _ range: Range<Int>, _ replacement: String
  ) {
    let touched = source.line(at: range.lowerBound)...source.line(at: range.upperBound - 1)
    guard touched.contains(where: lines.contains) else { return }
    let missing = blank(range).utf8.count - replacement.utf8.count { $0 == CByte.newline }
    let new = Array(replacement.utf8) + Array(repeating: CByte.newline, count: max(missing, 0))
    let whole =
      source.bytes(ofLine: touched.lowerBound).lowerBound..<source.bytes(ofLine: touched.upperBound).upperBound
    let before = source.bytes[whole]
    let after =
      Array(source.bytes[whole.lowerBound..<range.lowerBound]) + new + source.bytes[range.upperBound..<whole.upperBound]
    let mutant = SourceMutant(
      file: path, function: function, change: change, lines: touched, range: range, replacement: new,
      before: Self.shown(Array(before)), after: Self.shown(after))
    guard mutant.before != mutant.after else { return }
    if !found.contains(where: { $0.range == range && $0.replacement == new }) { found.append(mutant) }
  }

  private static func shown(_ bytes: [UInt8]) -> String {
    var scanner = CScanner(bytes)
    let text = String(decoding: scanner.withoutComments(), as: UTF8.self)
    return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// Nothing in the place of a text, in as many lines.
  private func blank(_ range: Range<Int>) -> String {
    String(repeating: "\n", count: source.bytes[range].count { $0 == CByte.newline })
  }

  private mutating func wrap(_ change: SourceMutant.Change, _ words: Range<Int>, _ before: String, _ after: String) {
    add(change, bytes(words), before + quote(words) + after)
  }

  private mutating func leaveOut(_ words: Range<Int>) {
    let name = text(words.lowerBound)
    guard !hasSilent(words) else { return }
    let isLock = ["lock", "unlock", "lock_irq", "unlock_irq"].contains { name.hasSuffix("_\($0)") } || name == "guard"
    let isBarrier = name.hasPrefix("smp_") || name == "barrier"
    add(isLock ? .lock : isBarrier ? .barrier : .statement, bytes(words), blank(bytes(words)))
  }

  /// With the statement behind it. The order of what calls nothing is nobody's concern.
  private mutating func exchange(_ index: Int) {
    let first = body.statements[index]
    let next = body.statements[(index + 1)...].first { $0.list == first.list }
    guard let next, next.kind == .expression, next.place == first.place + 1 else { return }
    guard hasCall(first.words) || hasCall(next.words), !hasSilent(first.words), !hasSilent(next.words) else { return }
    let (one, other) = (bytes(first.words), bytes(next.words))
    add(
      .exchanged, one.lowerBound..<other.upperBound,
      source.quote(other) + source.quote(one.upperBound..<other.lowerBound) + source.quote(one))
  }

  /// `ret = f();` becomes `f();`.
  private mutating func ignoreAssigned(_ words: Range<Int>) {
    let equals = words.first { ["=", "|=", "&="].contains(text($0)) }
    guard let equals, isCall(equals + 1..<words.upperBound) else { return }
    let range = tokens[words.lowerBound].range.lowerBound..<tokens[equals].range.upperBound
    add(.ignored, range, blank(range))
  }

  /// `int ret = f();` becomes `int ret = (f(), 0);`.
  private mutating func ignoreInitial(_ words: Range<Int>) {
    guard let equals = words.first(where: { text($0) == "=" }), isCall(equals + 1..<words.upperBound) else { return }
    wrap(.ignored, equals + 1..<words.upperBound, "(", ", 0)")
  }

  private mutating func jump(_ words: Range<Int>) {
    add(.jump, bytes(words), blank(bytes(words)))
    guard text(words.lowerBound) == "return", words.count > 1 else { return }
    let value = words.lowerBound + 1..<words.upperBound
    if value.count == 1, ["true", "false"].contains(text(value.lowerBound)) {
      add(.answer, bytes(value), text(value.lowerBound) == "true" ? "false" : "true")
    } else if value.count == 2, text(value.lowerBound) == "-", text(value.lowerBound + 1).hasPrefix("E") {
      add(.noError, bytes(value), "0")
    } else if isCall(value), !hasSilent(value) {
      wrap(.ignored, value, "(", ", 0)")
    }
  }

  private mutating func condition(_ words: Range<Int>, _ head: String) {
    // Without its assertion it is what it was; with what that guards against, it is broken.
    if hasSilent(words) { return wrap(.madeTrue, words, "((", "), 1)") }
    if head == "if" {
      if !words.contains(where: { ["&&", "||"].contains(text($0)) }) { wrap(.negated, words, "!(", ")") }
      wrap(.madeTrue, words, "((", "), 1)")
    }
    // A loop that never ends is found by anybody.
    wrap(.madeFalse, words, "((", "), 0)")
  }

  // MARK: Expressions

  private mutating func expressions() {
    let silent = silent
    for index in tokens.indices where !silent.contains(where: { $0.contains(index) }) {
      let token = tokens[index]
      switch token.text {
      case "<", "<=": add(.boundary, token.range, token.text == "<" ? "<=" : "<")
      case ">", ">=": add(.boundary, token.range, token.text == ">" ? ">=" : ">")
      case "==", "!=":
        if !isInCondition(index) { add(.comparison, token.range, token.text == "==" ? "!=" : "==") }
      case "1":
        let isAdded = text(index - 1) == "+" || text(index - 1) == "-"
        if isAdded, isOperand(index - 2) { add(.boundary, token.range, "0") }
      case "&&", "||": operands(of: index)
      case "?":
        let words = operand(before: index, Self.openers)
        if !words.isEmpty, !hasSilent(words) { wrap(.negated, words, "!(", ")") }
      default: if token.kind == .name { exchangeStore(index) }
      }
    }
  }

  private func isOperand(_ index: Int) -> Bool {
    guard index >= 0 else { return false }
    return tokens[index].kind == .name || tokens[index].kind == .number || [")", "]"].contains(text(index))
  }

  /// What an `if` or a loop asks is negated as a whole, or left out by operands.
  private func isInCondition(_ index: Int) -> Bool {
    body.statements.contains { statement in
      if case .condition = statement.kind { return statement.words.contains(index) }
      return false
    }
  }

  private mutating func operands(of index: Int) {
    let ends = Self.openers.union(["&&", "||"])
    let closers: Set<String> = ["&&", "||", "?", ":", ",", ";", ")", "}", "]"]
    for words in [operand(before: index, ends), operand(after: index, closers)] {
      guard !words.isEmpty, !hasSilent(words) else { continue }
      let isOfBoth = [text(words.lowerBound - 1), text(words.upperBound)].contains("&&")
      wrap(.operand, words, "((", isOfBoth ? "), 1)" : "), 0)")
    }
  }

  /// What no operand of a condition goes back beyond; the value that is assigned is one of its own.
  private static let openers: Set<String> = [
    "?", ":", ",", "=", "|=", "&=", "^=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "return", ";", "(", "{", "[",
  ]

  private func operand(before index: Int, _ ends: Set<String>) -> Range<Int> {
    var start = index
    while start > 0 {
      let word = text(start - 1)
      if [")", "]", "}"].contains(word), let open = body.closing.first(where: { $0.value == start - 1 })?.key {
        start = open
      } else if ends.contains(word) {
        break
      } else {
        start -= 1
      }
    }
    return start..<index
  }

  private func operand(after index: Int, _ ends: Set<String>) -> Range<Int> {
    var end = index + 1
    while end < tokens.count, !ends.contains(text(end)) { end = (body.closing[end] ?? end) + 1 }
    return index + 1..<min(end, tokens.count)
  }

  /// `try_cmpxchg64(p, &old, new)` becomes a store that always succeeds, `xchg(p, new)` a load and a store.
  private mutating func exchangeStore(_ index: Int) {
    guard let name = text(index).wholeMatch(of: /(try_cmpxchg|cmpxchg|xchg)(64)?(_[a-z]+)?/), text(index + 1) == "(",
      let close = body.closing[index + 1]
    else { return }
    var arguments: [String] = []
    var (start, place) = (index + 2, index + 2)
    while place <= close {
      if place == close || text(place) == "," {
        if start < place { arguments.append(Self.shown(Array(quote(start..<place).utf8))) }
        start = place + 1
      }
      place = (body.closing[place] ?? place) + 1
    }
    let range = tokens[index].range.lowerBound..<tokens[close].range.upperBound
    switch (String(name.1), arguments.count) {
    case ("try_cmpxchg", 3):
      add(.stored, range, "({ WRITE_ONCE(*(\(arguments[0])), (\(arguments[2]))); true; })")
    case ("cmpxchg", 3):
      add(.stored, range, "({ WRITE_ONCE(*(\(arguments[0])), (\(arguments[2]))); (\(arguments[1])); })")
    case ("xchg", 2):
      let load = "typeof(*(\(arguments[0]))) stress_was = READ_ONCE(*(\(arguments[0])))"
      add(.twoSteps, range, "({ \(load); WRITE_ONCE(*(\(arguments[0])), (\(arguments[1]))); stress_was; })")
    default: break
    }
  }
}

extension SourceMutant.Change {
  fileprivate var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
