/// What a preprocessor has left of a build's files: which lines of the tree reach the compiler.
struct Preprocessed {
  /// Lines that have a token, by path in the tree.
  private(set) var lines: [String: Set<Int>] = [:]
  /// Lines on which a macro is defined that the compiler gets to see.
  private(set) var macros: [String: Set<Int>] = [:]
  /// Files that the compiler read as they are.
  private(set) var whole: Set<String> = []

  /// - Parameters:
  ///   - output: of `-E -dD`, with its line markers.
  ///   - place: whose path it is; nil for what is none of the tree's.
  mutating func add(_ output: [UInt8], place: (String) -> (path: String, isWhole: Bool)?) {
    var path: String?
    var line = 0
    var (tokens, defines) = (Set<Int>(), Set<Int>())
    var start = 0
    func end(_ result: inout Preprocessed) {
      guard let path else { return }
      if !tokens.isEmpty { result.lines[path, default: []].formUnion(tokens) }
      if !defines.isEmpty { result.macros[path, default: []].formUnion(defines) }
      (tokens, defines) = ([], [])
    }
    while start < output.count {
      let stop = output[start...].firstIndex(of: CByte.newline) ?? output.count
      let text = output[start..<stop]
      start = stop + 1
      if text.first == CByte.hash, let marker = Self.marker(text) {
        if let name = marker.name {
          let now = place(name)
          if now?.path != path {
            end(&self)
            path = now?.path
          }
          if let now, now.isWhole { whole.insert(now.path) }
        }
        line = marker.line
        continue
      }
      if path != nil {
        if text.starts(with: Self.define) {
          defines.insert(line)
        } else if text.first != CByte.hash, text.contains(where: { !CByte.isSpace($0) }) {
          tokens.insert(line)
        }
      }
      line += 1
    }
    end(&self)
  }

  private static let define = Array("#define ".utf8)

  /// `# 12 "mmu.c" 2`
  private static func marker(_ text: ArraySlice<UInt8>) -> (line: Int, name: String?)? {
    let words = text.dropFirst().drop { CByte.isSpace($0) }
    let digits = words.prefix { CByte.isDigit($0) }
    guard let line = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
    let quote = UInt8(ascii: "\"")
    guard let open = words.firstIndex(of: quote), let close = words[(open + 1)...].firstIndex(of: quote) else {
      return (line, nil)
    }
    return (line, String(decoding: words[(open + 1)..<close], as: UTF8.self))
  }
}

/// Of one file as it is remembered: a line of numbers for each path.
extension Preprocessed {
  mutating func add(_ other: Preprocessed) {
    lines.merge(other.lines) { $0.union($1) }
    macros.merge(other.macros) { $0.union($1) }
    whole.formUnion(other.whole)
  }

  var note: [UInt8] {
    func texts(_ mark: String, _ rows: [String: Set<Int>]) -> [String] {
      rows.sorted { $0.key < $1.key }.map { path, lines in
        "\(mark) \(lines.sorted().map(String.init).joined(separator: ",")) \(path)"
      }
    }
    let all = texts("line", lines) + texts("macro", macros) + whole.sorted().map { "whole - \($0)" }
    return Array(all.joined(separator: "\n").utf8)
  }

  /// - Returns: nil for what `note` has not written.
  init?(noted bytes: [UInt8]) {
    self.init()
    for row in bytes.split(separator: CByte.newline) {
      let words = row.split(separator: UInt8(ascii: " "), maxSplits: 2)
      guard words.count == 3 else { return nil }
      let path = String(decoding: words[2], as: UTF8.self)
      let numbers = words[1].split(separator: UInt8(ascii: ",")).compactMap { Int(String(decoding: $0, as: UTF8.self)) }
      switch String(decoding: words[0], as: UTF8.self) {
      case "line": lines[path] = Set(numbers)
      case "macro": macros[path] = Set(numbers)
      case "whole": whole.insert(path)
      default: return nil
      }
    }
  }
}
