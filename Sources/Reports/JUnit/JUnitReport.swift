/// A record as JUnit XML, in the form that Jenkins and its kin accept (the schema of the xUnit plugin, junit-10).
import Records

enum JUnitReport {
  static func render(_ record: Record) -> String {
    let suite = TestSuite(record)
    let totals =
      "tests=\"\(suite.cases.count)\" failures=\"\(suite.failures)\" errors=\"\(suite.errors)\" "
      + "time=\"\(Figures.fixed(suite.seconds, digits: 3))\""
    var lines = [
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
      "<testsuites name=\"stress\" \(totals)>",
      "  <testsuite name=\"\(suite.name.xml)\" \(totals) skipped=\"\(suite.skipped)\">",
      "    <properties>",
    ]
    lines += suite.properties.map { "      <property name=\"\($0.name.xml)\" value=\"\($0.value.xml)\"/>" }
    lines.append("    </properties>")
    for test in suite.cases { lines += self.test(test, of: suite) }
    return (lines + ["  </testsuite>", "</testsuites>"]).joined(separator: "\n") + "\n"
  }

  private static func test(_ test: TestSuite.Case, of suite: TestSuite) -> [String] {
    let group = suite.name.split(separator: " ").joined(separator: ".") + "." + test.group
    let head = "    <testcase classname=\"\(group.xml)\" name=\"\(test.name.xml)\""
    let inside: String
    switch test.result {
    case .passed: return [head + "/>"]
    case .skipped(let reason): inside = "<skipped message=\"\(reason.xml)\"/>"
    case .broken(let message): inside = "<error type=\"harness\" message=\"\(message.xml)\"/>"
    case .failed(let kind, let message, let body):
      let text = body.map { $0.onOneLine.xml }.joined(separator: "\n")
      inside = "<failure type=\"\(kind.xml)\" message=\"\(message.xml)\">\n\(text)\n</failure>"
    }
    return [head + ">", "      " + inside, "    </testcase>"]
  }
}

extension String {
  /// For text and attributes. XML cannot hold most control characters in any form.
  fileprivate var xml: String {
    var result = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\u{fffe}", "\u{ffff}": result += " "
      case _ where scalar.properties.generalCategory == .control: result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
