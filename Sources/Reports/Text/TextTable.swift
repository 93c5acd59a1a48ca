/// An aligned table of plain text that keeps to a width by wrapping its wide cells.
struct TextTable {
  enum Alignment { case left, right }

  struct Column {
    var title: String
    var alignment: Alignment = .left
    /// Whether cells may be broken over several lines where the table would be too wide.
    var wraps = false
  }

  private static let gap = 2
  private static let narrowest = 12

  let columns: [Column]
  private var rows: [[String]] = []

  init(_ columns: [Column]) { self.columns = columns }

  /// Adds a row; missing cells are empty.
  mutating func add(_ cells: [String]) {
    rows.append(columns.indices.map { $0 < cells.count ? cells[$0].onOneLine : "" })
  }

  func lines(width: Int) -> [String] {
    let widths = fittedWidths(width)
    let rule = widths.map { String(repeating: "-", count: $0) }
    return wrapped(columns.map(\.title), widths) + [line(rule, widths)] + rows.flatMap { wrapped($0, widths) }
  }

  /// Whether the table keeps to `width` with no column narrower than `comfortable`, unless all of it is.
  func fits(_ width: Int, comfortable: Int) -> Bool {
    let needed = zip(columns, naturalWidths).reduce(0) { sum, column in
      sum + (column.0.wraps ? min(column.1, comfortable) : column.1)
    }
    return needed + Self.gap * (columns.count - 1) <= width
  }

  /// Whether the name of a function, `[name]`, would have to be cut to keep to `width`.
  func cutsNames(_ width: Int) -> Bool {
    let widths = fittedWidths(width)
    return columns.indices.contains { column in
      ([columns[column].title] + rows.map { $0[column] }).contains { cell in
        cell.count > widths[column]
          && cell.split(separator: " ").contains { $0.hasPrefix("[") && $0.count > widths[column] }
      }
    }
  }

  private var naturalWidths: [Int] {
    columns.indices.map { column in
      rows.reduce(columns[column].title.count) { max($0, $1[column].count) }
    }
  }

  private func fittedWidths(_ width: Int) -> [Int] {
    var widths = naturalWidths
    let limit = width - Self.gap * (columns.count - 1)
    while widths.reduce(0, +) > limit {
      let candidates = columns.indices.filter { columns[$0].wraps && widths[$0] > Self.narrowest }
      guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
      widths[widest] -= 1
    }
    return widths
  }

  private func wrapped(_ row: [String], _ widths: [Int]) -> [String] {
    let cells = columns.indices.map { column in
      columns[column].wraps ? TextWrap.lines(row[column], width: widths[column]) : [row[column]]
    }
    let height = cells.map(\.count).max() ?? 0
    return (0..<height).map { index in
      line(cells.map { index < $0.count ? $0[index] : "" }, widths)
    }
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    columns.indices.map { cells[$0].padded(to: widths[$0], alignment: columns[$0].alignment) }
      .joined(separator: String(repeating: " ", count: Self.gap))
      .trimmingTrailingSpaces()
  }
}
