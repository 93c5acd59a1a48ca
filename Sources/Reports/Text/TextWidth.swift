/// How wide a text report may be: its own width, what the terminal has, or what was asked for.
///
/// Kept for the task that renders, as nearly every line of a report depends on it.
package enum TextWidth {
  /// Narrower, no table can be read.
  package static let narrowest = 40
  package static let widest = 1000

  @TaskLocal private static var columns: Int?
  @TaskLocal private static var isExact = false

  /// What a report that is `own` columns wide has to keep to.
  static func of(_ own: Int) -> Int {
    guard let columns else { return own }
    return isExact ? columns : min(own, columns)
  }

  /// Renders a text no wider than a terminal, but for commands and the verdict: a terminal breaks them by itself, and
  /// they can be copied.
  package static func fitting(_ columns: Int?, _ render: () -> String) -> String {
    guard let columns else { return render() }
    return $columns.withValue(max(columns, narrowest)) { $isExact.withValue(false, operation: render) }
  }

  /// Renders a text none of whose lines is longer: commands go on in the next line, as a shell takes them.
  package static func exactly(_ columns: Int, _ render: () -> String) -> String {
    let columns = min(max(columns, narrowest), widest)
    let text = $columns.withValue(columns) { $isExact.withValue(true, operation: render) }
    return TextFold.fold(text, columns)
  }
}
