/// Lines of a finished text that are too long, folded: a command so that a shell still takes it, all else at spaces.
enum TextFold {
  static func fold(_ text: String, _ columns: Int) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .flatMap { $0.count <= columns ? [String($0)] : fold(line: String($0), columns) }
      .joined(separator: "\n")
  }

  private static func fold(line: String, _ columns: Int) -> [String] {
    if let start = command(line) {
      let label = String(line[..<start]).trimmingTrailingSpaces()
      return (label.isEmpty ? [] : TextWrap.lines(label, width: columns)) + shell(String(line[start...]), columns)
    }
    let indent = String(line.prefix { $0 == " " })
    let text = String(line.dropFirst(indent.count))
    guard indent.count < columns / 2 else { return TextWrap.lines(text, width: columns) }
    let lines = TextWrap.lines(text, width: columns - indent.count - 2)
    return lines.enumerated().map { indent + ($0.offset == 0 ? "" : "  ") + $0.element }
  }

  /// Where a command or a token begins that ends the line. Prose that names the tool holds none.
  private static func command(_ line: String) -> String.Index? {
    let match = line.firstMatch(of: /(?:^ *|[:;] )(stress [a-z]|[a-z]\d:[\w-]{20})|  ([a-z]\d:[\w-]{20})/)
    return match.flatMap { ($0.1 ?? $0.2)?.startIndex }
  }

  /// A command in lines that a shell joins again: a backslash at the end, and nothing before what goes on. What stands
  /// in quotes is left whole.
  static func shell(_ command: String, _ columns: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    var rest = Substring(command)
    while !rest.isEmpty {
      // The next word with the space behind it, or a quoted text.
      let length = word(rest)
      let next = rest.prefix(length)
      if line.count + next.count <= (length == rest.count ? columns : columns - 1) {
        line += next
        rest = rest.dropFirst(length)
        continue
      }
      let room = columns - 1 - line.count
      let isWhole = next.contains("'") || next.contains("\"") || next.contains("\\")
      if !line.isEmpty && (isWhole || room < 8 || next.count <= columns - 1) {
        lines.append(line + "\\")
        line = ""
      } else if isWhole {
        line += next
        rest = rest.dropFirst(length)
        if !rest.isEmpty { lines.append(line + "\\") }
        if !rest.isEmpty { line = "" }
      } else {
        lines.append(line + next.prefix(room) + "\\")
        rest = rest.dropFirst(room)
        line = ""
      }
    }
    return line.isEmpty ? lines : lines + [line]
  }

  private static func word(_ text: Substring) -> Int {
    var quote: Character?
    for (index, character) in text.enumerated() {
      if let open = quote {
        if character == open { quote = nil }
      } else if character == "'" || character == "\"" {
        quote = character
      } else if character == " " {
        return index + 1
      }
    }
    return text.count
  }
}
