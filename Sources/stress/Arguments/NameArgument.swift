import ArgumentParser
import Campaign

/// Reading one of a few names from the command line. A refusal lists them all, and the one that was probably meant.
enum NameArgument {
  static func parse<Value: CaseIterable & RawRepresentable>(_ text: String) throws -> Value
  where Value.RawValue == String {
    if let value = Value(rawValue: text) { return value }
    let names = Value.allCases.map(\.rawValue)
    let nearest = nearest(to: text, among: names).map { " (did you mean \($0)?)" } ?? ""
    throw ConfigurationTextError("allowed: \(names.joined(separator: ", "))\(nearest)")
  }

  /// What a shell offers for such a value.
  static func completion<Value: CaseIterable & RawRepresentable>(_ type: Value.Type) -> CompletionKind
  where Value.RawValue == String {
    .list(type.allCases.map(\.rawValue))
  }

  /// The name that differs least, if it differs in few letters only.
  static func nearest(to text: String, among names: [String]) -> String? {
    // The distance takes time in proportion to the length; no name is near a text much longer than any name.
    guard !text.isEmpty, text.count <= 40 else { return nil }
    let ranked = names.map { (name: $0, distance: distance(text, $0)) }
    guard let best = ranked.min(by: { $0.distance < $1.distance }), best.distance <= max(1, best.name.count / 3) else {
      return nil
    }
    return best.name
  }

  /// Levenshtein's distance.
  private static func distance(_ left: String, _ right: String) -> Int {
    let right = Array(right)
    var row = Array(0...right.count)
    for (index, letter) in left.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in right.indices {
        let replaced = diagonal + (right[column] == letter ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
      }
    }
    return row[right.count]
  }
}
