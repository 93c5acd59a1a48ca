/// The members of a structure, one declaration each.
struct CMember {
  var names: [String]
  var range: Range<Int>
}

extension CSource {
  /// The members that stand directly in `item`'s body.
  func members(of item: CItem) -> [CMember] {
    guard let body = item.body, let end = CScanner.closing(in: code, from: body) else { return [] }
    var members: [CMember] = []
    var index = body + 1
    while index < end - 1 {
      if CByte.isSpace(code[index]) || code[index] == CByte.semicolon {
        index += 1
        continue
      }
      let start = index
      while index < end - 1, code[index] != CByte.semicolon {
        index = CByte.opens(code[index]) ? CScanner.closing(in: code, from: index) ?? end : index + 1
      }
      members.append(CMember(names: memberNames(start..<index), range: start..<min(index + 1, end - 1)))
    }
    return members
  }

  /// `int a, *b[4], (*c)(void);` declares a, b and c; an unnamed structure or union declares what is in it.
  private func memberNames(_ range: Range<Int>) -> [String] {
    var names: [String] = []
    var last: String?
    var index = range.lowerBound
    while index < range.upperBound {
      let byte = code[index]
      if byte == UInt8(ascii: "(") {
        let end = CScanner.closing(in: code, from: index) ?? range.upperBound
        let inner = CScanner.identifiers(in: code, index..<end)
        if code[index + 1] == UInt8(ascii: "*"), let pointer = inner.first {
          return names + [pointer.name]
        } else if let name = last, name.hasPrefix("DECLARE_"), let declared = inner.first {
          return names + [declared.name]
        }
        index = end
      } else if byte == UInt8(ascii: "{") {
        let end = CScanner.closing(in: code, from: index) ?? range.upperBound
        let hasName = !CScanner.identifiers(in: code, end..<max(end, range.upperBound)).isEmpty
        if !hasName { return CScanner.identifiers(in: code, index..<end).map(\.name) }
        index = end
      } else if byte == UInt8(ascii: ",") {
        if let last { names.append(last) }
        index += 1
      } else if byte == UInt8(ascii: "[") || byte == UInt8(ascii: ":") {
        index =
          byte == UInt8(ascii: "[") ? CScanner.closing(in: code, from: index) ?? range.upperBound : range.upperBound
      } else if CByte.isIdentifierStart(byte) {
        let identifier = CScanner.identifier(in: code, at: index)
        if !identifier.name.hasPrefix("__rcu"), !identifier.name.hasPrefix("____") { last = identifier.name }
        index = identifier.range.upperBound
      } else {
        index += 1
      }
    }
    if let last { names.append(last) }
    return names
  }
}
