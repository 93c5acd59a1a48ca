/// Whether the output that a document shows is what a command printed.
enum ShownOutput {
  /// Stands for any number of lines.
  static let elision = "..."

  /// What is different, in a sentence; nil where nothing is. Where figures vary, a figure is as good as any other, and
  /// so is the width of a column.
  static func difference(shown: [String], printed: [String], figuresVary: Bool) -> String? {
    let shown = normal(shown, figuresVary)
    let printed = normal(printed, figuresVary)
    let parts = shown.split(separator: elision, omittingEmptySubsequences: false)
    var rest = printed[...]
    for (number, part) in parts.enumerated() where number + 1 < parts.count || parts.count == 1 {
      if number == 0 {
        guard rest.starts(with: part), parts.count > 1 || rest.count == part.count else {
          return firstDifference(Array(part), Array(rest))
        }
        rest = rest.dropFirst(part.count)
      } else {
        guard let start = place(of: part, in: rest) else { return missing(part) }
        rest = rest[(start + part.count)...]
      }
    }
    guard parts.count > 1, let last = parts.last else { return nil }
    return rest.suffix(last.count).elementsEqual(last) ? nil : missing(last)
  }

  private static func missing(_ part: ArraySlice<String>) -> String {
    "nothing printed is '\(part.joined(separator: "\n"))' where the document has it"
  }

  private static func place(of part: ArraySlice<String>, in lines: ArraySlice<String>) -> Int? {
    guard lines.count >= part.count else { return nil }
    return (lines.startIndex...lines.endIndex - part.count).first { lines[$0...].starts(with: part) }
  }

  private static func firstDifference(_ shown: [String], _ printed: [String]) -> String {
    let line = zip(shown, printed).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    let number = line ?? min(shown.count, printed.count)
    func text(_ lines: [String]) -> String { number < lines.count ? "'\(lines[number])'" : "no such line" }
    return "line \(number + 1): the document has \(text(shown)), the command printed \(text(printed))"
  }

  /// As a document can hold it: without blanks at the ends of lines, and without blank lines at the end.
  static func lines(of output: String) -> [String] {
    trimmed(output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
  }

  private static func trimmed(_ lines: [String]) -> [String] {
    var lines = lines.map { line in String(line.reversed().drop { $0 == " " }.reversed()) }
    while lines.last == "" { lines.removeLast() }
    return lines
  }

  private static func normal(_ lines: [String], _ figuresVary: Bool) -> [String] {
    guard figuresVary else { return trimmed(lines) }
    return trimmed(lines).map { line in
      line.replacing(/0x[0-9a-f]+|[0-9]+([.,][0-9]+)*/, with: "#").replacing(/\s+/, with: " ").replacing(
        /-+/, with: "-")
    }
  }
}
