// Plain text tables with right-aligned figures.
import Foundation

/// One figure with the bound it is held to, if any.
struct Bounded {
  enum Bound {
    case atLeast(Double)
    case atMost(Double)
  }

  var value: Double
  var bound: Bound?

  var isMet: Bool {
    switch bound {
    case .atLeast(let least): value >= least
    case .atMost(let most): value <= most
    case nil: true
    }
  }

  /// For the last two columns of a row: what is wanted, and whether it is so.
  var columns: [String] {
    switch bound {
    case .atLeast(let least): ["at least \(decimal(least))", isMet ? "met" : "MISSED"]
    case .atMost(let most): ["at most \(decimal(most))", isMet ? "met" : "MISSED"]
    case nil: ["-", "-"]
    }
  }
}

struct Table {
  let title: String
  let header: [String]
  private(set) var rows: [[String]] = []
  private(set) var meetsBounds = true

  init(title: String, header: [String]) {
    self.title = title
    self.header = header + ["wanted", ""]
  }

  mutating func add(_ cells: [String], judged figure: Bounded) {
    rows.append(cells + figure.columns)
    if !figure.isMet { meetsBounds = false }
  }

  var rendered: String {
    let lines = [header] + rows
    let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
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
