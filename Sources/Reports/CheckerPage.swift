/// Where a rule is explained: the page to which a report leads its reader.
enum CheckerPage {
  /// - Parameter checker: as the record has it, which may be anything.
  /// - Returns: nil for what is no ID of a rule.
  static func path(_ checker: String) -> String? {
    guard checker.wholeMatch(of: /[A-Z]{2,8}-[0-9]{1,2}/) != nil else { return nil }
    return "docs/checkers/\(checker).md"
  }
}
