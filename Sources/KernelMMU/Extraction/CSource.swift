/// A C file taken apart into its top-level items, without a preprocessor: enough to lift a definition out of a kernel
/// tree as text, and too little to be fooled by anything but unbalanced braces across `#if` branches.
struct CSource {
  /// Relative to the tree, as reports name it.
  let path: String
  let bytes: [UInt8]
  /// As `bytes`, of the same length, with comments, literals and branches that are not compiled blanked.
  let text: [UInt8]
  /// As `text`, with preprocessor lines blanked.
  let code: [UInt8]
  let items: [CItem]
  let directives: [Range<Int>]
  /// What `#include` names, with its brackets or quotes.
  let includes: [String]
  private let lineStarts: [Int]
  private let byName: [String: [Int]]

  init(path: String, bytes: [UInt8], conditions: CConditions? = CConditions(defined: [])) {
    self.path = path
    self.bytes = bytes
    var scanner = CScanner(bytes)
    var uncommented = scanner.withoutCommentsAndLiterals()
    let directives = CScanner.directives(in: uncommented)
    conditions?.blank(&uncommented, directives)
    text = uncommented
    var code = uncommented
    for directive in directives {
      for index in directive where code[index] != CByte.newline { code[index] = CByte.space }
    }
    self.code = code
    self.directives = directives
    lineStarts = [0] + bytes.indices.filter { bytes[$0] == CByte.newline }.map { $0 + 1 }
    let macros = directives.compactMap { CItem.macro(in: uncommented, $0) }
    includes = directives.compactMap { Self.included(in: bytes, $0) }
    items = (macros + CScanner.declarations(in: code)).sorted { $0.range.lowerBound < $1.range.lowerBound }
    var byName: [String: [Int]] = [:]
    for (index, item) in items.enumerated() { for name in item.names { byName[name, default: []].append(index) } }
    self.byName = byName
  }

  /// Those of a name: a definition before a declaration, and otherwise in the file's order.
  func items(_ name: String) -> [CItem] {
    (byName[name] ?? []).map { items[$0] }.sorted {
      ($0.rank, $0.range.lowerBound) < ($1.rank, $1.range.lowerBound)
    }
  }

  /// 1-based, as compilers count.
  func line(at offset: Int) -> Int {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return low + 1
  }

  var lineCount: Int { lineStarts.count }

  /// Of a line, from 1, without what ends it.
  func bytes(ofLine line: Int) -> Range<Int> {
    let end = line < lineStarts.count ? lineStarts[line] - 1 : bytes.count
    return lineStarts[line - 1]..<max(end, lineStarts[line - 1])
  }

  /// The identifiers that an item's text mentions, comments and literals left out.
  func identifiers(in item: CItem) -> Set<String> {
    Set(CScanner.identifiers(in: text, item.range).map(\.name))
  }

  func quote(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  private static func included(in bytes: [UInt8], _ range: Range<Int>) -> String? {
    let text = String(decoding: bytes[range], as: UTF8.self).dropFirst().drop { $0.isWhitespace }
    guard text.hasPrefix("include") else { return nil }
    let name = text.dropFirst("include".count).drop { $0.isWhitespace }
    guard let first = name.first, first == "<" || first == "\"" else { return nil }
    guard let end = name.dropFirst().firstIndex(of: first == "<" ? ">" : "\"") else { return nil }
    return String(name[...end])
  }

  /// The first item of the name: where a file has one for each of two configurations, the 64-bit one comes first.
  func item(_ name: String, _ kinds: Set<CItem.Kind>) -> CItem? {
    items.first { kinds.contains($0.kind) && $0.names.contains(name) }
  }
}

enum CByte {
  static let newline = UInt8(ascii: "\n")
  static let space = UInt8(ascii: " ")
  static let hash = UInt8(ascii: "#")
  static let backslash = UInt8(ascii: "\\")
  static let semicolon = UInt8(ascii: ";")
  static let equals = UInt8(ascii: "=")

  static func isSpace(_ byte: UInt8) -> Bool { byte == space || (9...13).contains(byte) }
  static func opens(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "(") || byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[")
  }
  static func closes(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ")") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
  }
  static func isIdentifierStart(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
      || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
  }
  static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
