/// What ran of a kernel's code, in words and as a table.
import Records

enum CodeText {
  /// The file that all of it is about.
  private static let main = "tdp_mmu.c"
  private static let mostRanges = 60

  /// `412 of 587 lines, 160 of 260 branches of tdp_mmu.c ran`
  static func summary(_ code: CodeCoverage) -> String {
    guard let file = code.files.first(where: { $0.name == main }) ?? code.files.first else {
      return "nothing of the kernel's code was counted"
    }
    return "\(file.linesRun) of \(Figures.counted(file.lines.count, "line")), \(file.branchesRun) of "
      + "\(branches(file.branches.count)) of \(file.name.onOneLine) ran"
  }

  private static func branches(_ count: Int) -> String { count == 1 ? "1 branch" : "\(count) branches" }

  /// The end of a verdict that would else speak for what never ran.
  static func suffix(_ code: CodeCoverage?) -> String { code.map { "; \(summary($0))" } ?? "" }

  static func lines(_ code: CodeCoverage?, width: Int) -> [String] {
    guard let code else { return [] }
    var table = TextTable(
      [.init(title: "file")]
        + ["lines", "ran", "branches", "ran", "functions", "ran"].map { .init(title: $0, alignment: .right) })
    for file in code.files {
      table.add(
        [file.path]
          + [
            file.lines.count, file.linesRun, file.branches.count, file.branchesRun, file.functions.count,
            file.functionsRun,
          ].map(String.init))
    }
    return ["Code that ran", ""] + table.lines(width: width) + never(code, width)
  }

  /// Lines that did not run, of the files that are no headers.
  private static func never(_ code: CodeCoverage, _ width: Int) -> [String] {
    let lines = code.files.filter { $0.path.hasSuffix(".c") }.flatMap { file -> [String] in
      let ranges = ranges(file)
      guard !ranges.isEmpty else { return [] }
      let more = ranges.count > mostRanges ? ", and \(ranges.count - mostRanges) more" : ""
      return TextWrap.hanging(
        "  \(file.name.onOneLine): ", ranges.prefix(mostRanges).joined(separator: ", ") + more, width: width)
    }
    return lines.isEmpty ? [] : ["", "Never ran:"] + lines
  }

  /// Lines between two that did not run, and that were not compiled, count as one range with them.
  static func ranges(_ file: CodeCoverage.File) -> [String] {
    var ranges: [(first: Int, last: Int)] = []
    var isOpen = false
    for line in file.lines {
      guard line.count == 0 else {
        isOpen = false
        continue
      }
      if isOpen { ranges[ranges.count - 1].last = line.number } else { ranges.append((line.number, line.number)) }
      isOpen = true
    }
    return ranges.map { $0.first == $0.last ? "\($0.first)" : "\($0.first)-\($0.last)" }
  }
}
