/// What ran of a kernel's code as a tracefile: `genhtml` makes pages of it, and editors mark lines by it.
import Records

enum LcovReport {
  /// Empty where nothing was counted.
  static func render(_ record: Record) -> String {
    switch record {
    case .run(let record): text(record.code, below: record.kernel)
    case .exhaust(let record): text(record.code, below: record.kernel)
    case .series(let record): text(record.code, below: nil)
    case .matrix: ""
    }
  }

  private static func text(_ code: CodeCoverage?, below kernel: RunRecord.Kernel?) -> String {
    let tree = kernel.map { unquoted($0.path) + "/" } ?? ""
    return (code?.files ?? []).map { file in
      (["TN:", "SF:" + tree + file.path] + functions(file) + branches(file) + lines(file) + ["end_of_record", ""])
        .joined(separator: "\n")
    }.joined()
  }

  private static func functions(_ file: CodeCoverage.File) -> [String] {
    file.functions.map { "FN:\($0.line),\($0.name)" } + file.functions.map { "FNDA:\($0.count),\($0.name)" }
      + ["FNF:\(file.functions.count)", "FNH:\(file.functionsRun)"]
  }

  /// What was never come to has no number in it.
  private static func branches(_ file: CodeCoverage.File) -> [String] {
    let reached = Set(file.branches.filter { $0.count > 0 }.map(\.line))
    return file.branches.map { "BRDA:\($0.line),0,\($0.number),\(reached.contains($0.line) ? "\($0.count)" : "-")" }
      + ["BRF:\(file.branches.count)", "BRH:\(file.branchesRun)"]
  }

  private static func lines(_ file: CodeCoverage.File) -> [String] {
    file.lines.map { "DA:\($0.number),\($0.count)" } + ["LF:\(file.lines.count)", "LH:\(file.linesRun)"]
  }

  /// The other way round than a record writes it: for no shell.
  private static func unquoted(_ path: String) -> String {
    guard path.hasPrefix("'"), path.hasSuffix("'"), path.count > 1 else { return path }
    return String(path.dropFirst().dropLast()).replacing("'\\''", with: "'")
  }
}
