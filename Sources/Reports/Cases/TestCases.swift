/// A record as test results, for CI systems that know suites and cases and nothing of schedules.
import Records

struct TestSuite: Equatable {
  struct Case: Equatable {
    enum Result: Equatable {
      case passed
      /// `kind` is a checker's ID, or what differs; `body` is the report of it.
      case failed(kind: String, message: String, body: [String])
      /// The harness failed: nothing is known.
      case broken(message: String)
      case skipped(reason: String)
    }

    /// What the case belongs to: the scenario, or the column of a matrix.
    var group: String
    var name: String
    var result: Result
  }

  var name: String
  /// What was run, in the record's own order.
  var properties: [(name: String, value: String)]
  var seconds: Double
  var cases: [Case]

  static func == (left: TestSuite, right: TestSuite) -> Bool {
    left.name == right.name && left.seconds == right.seconds && left.cases == right.cases
      && left.properties.elementsEqual(right.properties, by: ==)
  }

  init(_ record: Record) {
    switch record {
    case .run(let record): self.init(record)
    case .matrix(let record): self.init(record)
    case .exhaust(let record): self.init(record)
    case .series(let record): self.init(record)
    }
  }

  init(name: String, properties: [(name: String, value: String)], seconds: Double, cases: [Case]) {
    self.name = name
    self.properties = properties
    self.seconds = seconds.isFinite ? max(seconds, 0) : 0
    self.cases = cases
  }

  /// Where what was run comes from, and what of its changes could not be seen.
  static func origin(_ kernel: RunRecord.Kernel?, _ build: ToolBuild?) -> [(name: String, value: String)] {
    var properties: [(name: String, value: String)] = []
    if let commit = kernel?.commit { properties.append(("commit", commit)) }
    properties += (kernel?.changed ?? []).map { ("changed file", $0) }
    if let compiler = kernel?.compiler { properties.append(("compiler", compiler)) }
    if let build { properties.append(("tool", build.text)) }
    return properties + (kernel?.unseenLines ?? []).map { ("not seen", $0) }
  }

  var failures: Int {
    cases.count { if case .failed = $0.result { true } else { false } }
  }

  var errors: Int {
    cases.count { if case .broken = $0.result { true } else { false } }
  }

  var skipped: Int {
    cases.count { if case .skipped = $0.result { true } else { false } }
  }
}
