// What is wanted of each figure: a file of ratios, by which a figure that gets worse is seen on any machine.
import Foundation

/// `{"soak 64 threads": {"least": 0.4}}`: by a figure's name, the least or the most that it may be.
struct Thresholds {
  struct Bound: Decodable {
    var least: Double?
    var most: Double?
  }

  private var bounds: [String: Bound] = [:]

  /// - Parameter path: nil asks for nothing.
  init(path: String?) throws {
    guard let path else { return }
    bounds = try JSONDecoder().decode([String: Bound].self, from: Data(contentsOf: URL(fileURLWithPath: path)))
  }

  /// True for a figure of which nothing is wanted.
  func isMet(_ figure: Table.Figure) -> Bool {
    guard let bound = bounds[figure.name] else { return true }
    return figure.value >= bound.least ?? -.infinity && figure.value <= bound.most ?? .infinity
  }

  /// Nil where nothing is wanted.
  func columns(_ figure: Table.Figure) -> [String]? {
    guard let bound = bounds[figure.name] else { return nil }
    let words = [bound.least.map { "at least \(decimal($0))" }, bound.most.map { "at most \(decimal($0))" }]
    return [words.compactMap { $0 }.joined(separator: ", "), isMet(figure) ? "met" : "MISSED"]
  }

  /// Of what nothing was measured: a row that has another name now is looked at no more.
  func unmeasured(_ tables: [Table]) -> [String] {
    bounds.keys.filter { name in !tables.contains { $0.figures.contains { $0.name == name } } }.sorted()
  }
}
