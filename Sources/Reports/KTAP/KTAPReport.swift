/// A record as KTAP, which `tools/testing/kunit/kunit.py parse` of a kernel tree reads.
///
/// That parser gives `#` lines to the result that follows, and knows no directive but SKIP.
import Records

enum KTAPReport {
  static func render(_ record: Record) -> String {
    let suite = TestSuite(record)
    var lines = ["KTAP version 1", "1..1"]
    var inner = ["KTAP version 1", "# Subtest: \(suite.name.ktap)", "1..\(suite.cases.count)"]
    for (index, test) in suite.cases.enumerated() { inner += result(test, number: index + 1) }
    lines += inner.map { $0.isEmpty ? "" : "    " + $0 }
    lines += suite.properties.map { "# \($0.name.ktap): \($0.value.ktap)" }
    let isPassed = suite.failures + suite.errors == 0
    let isSkipped = suite.cases.allSatisfy { if case .skipped = $0.result { true } else { false } }
    lines.append("\(isPassed ? "ok" : "not ok") 1 \(suite.name.ktap)\(isSkipped ? " # SKIP nothing was checked" : "")")
    return lines.joined(separator: "\n") + "\n"
  }

  private static func result(_ test: TestSuite.Case, number: Int) -> [String] {
    let name = "\(number) \(test.group.ktap) \(test.name.ktap)"
    switch test.result {
    case .passed: return ["ok \(name)"]
    case .skipped(let reason): return ["ok \(name) # SKIP \(reason.ktap)"]
    case .broken(let message): return ["# harness fault: \(message.ktap)", "not ok \(name)"]
    case .failed(_, let message, let body):
      // An empty comment would end the diagnostics.
      return ["# \(message.ktap)"] + body.filter { !$0.isEmpty }.map { "#   \($0.onOneLine)" } + ["not ok \(name)"]
    }
  }
}

extension String {
  /// A name or a value: `#` begins a directive.
  fileprivate var ktap: String { onOneLine.replacing("#", with: "No.") }
}
