/// What a campaign ran of a kernel's code, where that is counted.
import KernelMMU
import Records

struct CodeCount {
  private let coverage: KernelCoverage
  private let start: KernelCoverage.Counters

  /// Begins to count.
  /// - Returns: nil for the model, and for a kernel that is compiled without.
  init?(_ kernel: KernelSubject?) {
    guard let coverage = kernel?.coverage else { return nil }
    self.coverage = coverage
    start = coverage.counters()
  }

  /// All that ran since, the tool's own replays of what was found among it.
  var result: CodeCoverage { CodeCoverage(coverage.counts(since: start)) }
}

extension CodeCoverage {
  init(_ counts: SourceCounts) {
    self.init(
      files: counts.files.map { path, file in
        File(
          path: path, lines: file.lines.map { Line(number: $0.key, count: $0.value) },
          branches: file.branches.map { Branch(line: $0.key.line, number: $0.key.number, count: $0.value) },
          functions: file.functions.map { Function(name: $0.key.name, line: $0.key.line, count: $0.value) })
      })
  }
}
