/// A table of many narrow columns: too many for the width are carried over to another table below.
struct GridText {
  private static let gap = 1

  let label: String
  let columns: [String]
  private var rows: [(label: String, cells: [String])] = []

  init(label: String, columns: [String]) {
    self.label = label
    self.columns = columns
  }

  /// Adds a row; missing cells are empty.
  mutating func add(_ label: String, _ cells: [String]) {
    rows.append((label.onOneLine, columns.indices.map { $0 < cells.count ? cells[$0].onOneLine : "" }))
  }

  /// One table or several, with an empty line between them.
  func lines(width: Int) -> [String] {
    let labelWidth = rows.reduce(label.count) { max($0, $1.label.count) }
    let widths = columns.indices.map { column in
      rows.reduce(columns[column].count) { max($0, $1.cells[column].count) }
    }
    var lines: [String] = []
    var first = 0
    while first < columns.count {
      var end = first
      var used = labelWidth
      while end < columns.count, end == first || used + Self.gap + widths[end] <= width {
        used += Self.gap + widths[end]
        end += 1
      }
      if !lines.isEmpty { lines.append("") }
      lines += table(first..<end, labelWidth, widths)
      first = end
    }
    return lines
  }

  private func table(_ range: Range<Int>, _ labelWidth: Int, _ widths: [Int]) -> [String] {
    func line(_ label: String, _ cells: (Int) -> String) -> String {
      let space = String(repeating: " ", count: Self.gap)
      return range.reduce(label.padded(to: labelWidth, alignment: .left)) { text, column in
        text + space + cells(column).padded(to: widths[column], alignment: .left)
      }.trimmingTrailingSpaces()
    }
    return [line(label) { columns[$0] }] + rows.map { row in line(row.label) { row.cells[$0] } }
  }
}
