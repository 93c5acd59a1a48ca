/// The words of C code: names, numbers, literals and marks, the longest mark first.
struct CToken {
  enum Kind { case name, number, literal, mark }

  var kind: Kind
  var text: String
  var range: Range<Int>

  private static let marks = [
    "<<=", ">>=", "...", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+=", "-=", "*=", "/=", "%=",
    "&=", "|=", "^=",
  ].map { Array($0.utf8) }

  /// - Parameters:
  ///   - code: without comments, directives and what literals hold.
  ///   - range: of bytes in it.
  static func all(in code: [UInt8], _ range: Range<Int>) -> [CToken] {
    var tokens: [CToken] = []
    var index = range.lowerBound
    while index < range.upperBound {
      let byte = code[index]
      if CByte.isSpace(byte) || byte == CByte.backslash {
        index += 1
        continue
      }
      let (kind, end) = extent(code, index, range.upperBound)
      tokens.append(CToken(kind: kind, text: String(decoding: code[index..<end], as: UTF8.self), range: index..<end))
      index = end
    }
    return tokens
  }

  private static func extent(_ code: [UInt8], _ start: Int, _ end: Int) -> (Kind, Int) {
    let byte = code[start]
    if CByte.isIdentifierStart(byte) || CByte.isDigit(byte) {
      let word = CScanner.identifier(in: code, at: start)
      return (CByte.isDigit(byte) ? .number : .name, min(word.range.upperBound, end))
    }
    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
      let close = code[(start + 1)..<end].firstIndex { $0 == byte || $0 == CByte.newline } ?? end - 1
      return (.literal, close + 1)
    }
    let mark = marks.first { start + $0.count <= end && code[start..<start + $0.count].elementsEqual($0) }
    return (.mark, start + (mark?.count ?? 1))
  }
}
