/// Breaking text at spaces so that it fits a width.
enum TextWrap {
  /// The lines of `text`, none longer than `width` (at least 1). A word that is longer than a line is cut: an aligned
  /// table is worth more than an unbroken word.
  static func lines(_ text: String, width: Int) -> [String] {
    let width = max(width, 1)
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      var word = word
      if !line.isEmpty, line.count + 1 + word.count <= width {
        line += " " + word
        continue
      }
      if !line.isEmpty { lines.append(line) }
      while word.count > width {
        let piece = piece(word, width)
        lines.append(String(word.prefix(piece)))
        word = word.dropFirst(piece)
      }
      line = String(word)
    }
    if !line.isEmpty || lines.isEmpty { lines.append(line) }
    return lines
  }

  /// How much of a long word stands on a line: up to an underscore or a slash, where one is near enough.
  private static func piece(_ word: Substring, _ width: Int) -> Int {
    let seam = word.prefix(width).lastIndex { $0 == "_" || $0 == "/" }
    let length = seam.map { word.distance(from: word.startIndex, to: $0) + 1 } ?? 0
    return length * 2 > width ? length : width
  }

  /// `label` and `text` on lines of at most `width`, the later ones indented to where the text began.
  static func hanging(_ label: String, _ text: String, width: Int) -> [String] {
    let indent = String(repeating: " ", count: label.count)
    return lines(text, width: width - label.count).enumerated().map { index, line in
      ((index == 0 ? label : indent) + line).trimmingTrailingSpaces()
    }
  }
}

extension String {
  func trimmingTrailingSpaces() -> String {
    var result = self
    while result.last == " " { result.removeLast() }
    return result
  }

  func padded(to width: Int, alignment: TextTable.Alignment) -> String {
    let padding = String(repeating: " ", count: max(0, width - count))
    return alignment == .left ? self + padding : padding + self
  }

  /// The same text on one line: a record may come from a file, and a control character in it must not reach a terminal.
  var onOneLine: String {
    var result = ""
    for scalar in unicodeScalars {
      result.unicodeScalars.append(scalar.properties.generalCategory == .control ? " " : scalar)
    }
    return result
  }
}
