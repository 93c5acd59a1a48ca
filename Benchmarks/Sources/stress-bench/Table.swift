// Plain text tables with right-aligned figures, and what is wanted of a figure.
import Foundation

struct Table {
  let title: String
  let header: [String]
  private var rows: [(cells: [String], figure: Figure?)] = []

  /// What a row is judged by, under the name that it has among the thresholds.
  struct Figure {
    var name: String
    var value: Double
  }

  init(title: String, header: [String]) {
    self.title = title
    self.header = header
  }

  mutating func add(_ cells: [String], judged figure: Figure? = nil) { rows.append((cells, figure)) }

  var figures: [Figure] { rows.compactMap(\.figure) }

  /// With two columns more: what is wanted of each row, and whether it is so.
  func rendered(_ thresholds: Thresholds) -> String {
    let lines =
      [header + ["wanted", ""]]
      + rows.map { row in row.cells + (row.figure.flatMap { thresholds.columns($0) } ?? ["-", "-"]) }
    let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    let text = lines.map { cells in
      let padded = cells.indices.map { column in
        let blank = String(repeating: " ", count: widths[column] - cells[column].count)
        return column == 0 ? cells[column] + blank : blank + cells[column]
      }
      return "  " + padded.joined(separator: "  ").trimmingSuffix(while: \.isWhitespace)
    }
    return ([title] + text).joined(separator: "\n") + "\n"
  }
}

func decimal(_ value: Double) -> String { String(format: "%.2f", value) }

/// A rate in thousands a second.
func thousands(_ value: Double) -> String { String(format: "%.0fk", value / 1_000) }

/// `0.58 … 0.63`: how far the pairs lie apart.
func spread(_ values: [Double]) -> String {
  "\(decimal(values.min() ?? .nan))…\(decimal(values.max() ?? .nan))"
}

extension String {
  fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> String {
    var end = endIndex
    while end > startIndex, predicate(self[index(before: end)]) { end = index(before: end) }
    return String(self[..<end])
  }
}
