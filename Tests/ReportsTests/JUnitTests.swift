import Foundation
import FoundationXML
import Records
import Reports
import Testing

/// JUnit XML by the rules of the schema that Jenkins' xUnit plugin validates by.
@Suite struct JUnitTests {
  private static let children = [
    "testsuites": ["testsuite"], "testsuite": ["properties", "testcase"], "properties": ["property"],
    "testcase": ["skipped", "error", "failure"],
  ]
  private static let attributes = [
    "testsuites": ["name", "tests", "failures", "errors", "time"],
    "testsuite": ["name", "tests", "failures", "errors", "time", "skipped"], "property": ["name", "value"],
    "testcase": ["classname", "name"], "skipped": ["message"], "error": ["type", "message"],
    "failure": ["type", "message"],
  ]

  private func parse(_ record: Record) throws -> XMLDocument {
    try XMLDocument(data: Data(ReportFormat.junit.render(record).utf8))
  }

  @Test func `a violation reads as its golden text`() throws {
    try Golden.expect(ReportFormat.junit.render(.run(SampleExplorations.violation)), matches: "junit-violation.xml")
  }

  @Test(arguments: ReportFormatTests.records + [.run(ReportFormatTests.hostile)])
  func `only elements and attributes of the schema are used, and the sums are right`(record: Record) throws {
    let root = try #require(try parse(record).rootElement())
    #expect(root.name == "testsuites")
    check(root)
    let suite = try #require(root.elements(forName: "testsuite").first)
    let cases = suite.elements(forName: "testcase")
    #expect(!cases.isEmpty)
    #expect(suite.attribute(forName: "tests")?.stringValue == "\(cases.count)")
    for (sum, child) in [("failures", "failure"), ("errors", "error"), ("skipped", "skipped")] {
      let count = cases.filter { !$0.elements(forName: child).isEmpty }.count
      #expect(suite.attribute(forName: sum)?.stringValue == "\(count)")
    }
  }

  private func check(_ element: XMLElement) {
    let name = element.name ?? ""
    #expect((element.attributes ?? []).compactMap(\.name) == Self.attributes[name] ?? [])
    for child in (element.children ?? []).compactMap({ $0 as? XMLElement }) {
      #expect(Self.children[name]?.contains(child.name ?? "") == true)
      check(child)
    }
  }

  @Test func `a rule that was not evaluated is skipped, not passed`() throws {
    var record = SampleRecords.clean
    record.checkers[0].checks = 0
    let skipped = try parse(.run(record)).nodes(forXPath: "//testcase[skipped]/@name").compactMap(\.stringValue)
    #expect(skipped == record.checkers.filter { $0.checks == 0 }.map(\.checker))
  }

  @Test func `a violation of a rule that the record does not list is a failure all the same`() throws {
    var record = SampleRecords.violation
    record.checkers = []
    #expect(try parse(.run(record)).nodes(forXPath: "//failure").count == Set(record.violations.map(\.checker)).count)
  }

  @Test func `a cell of a matrix fails if it differs, and each difference is told once`() throws {
    let document = try parse(.matrix(SampleMatrices.differing))
    #expect(try document.nodes(forXPath: "//failure").count == SampleMatrices.differing.differences.count)
  }

  @Test func `a harness fault is an error`() throws {
    let record = SampleRecords.fault
    #expect(try parse(.run(record)).nodes(forXPath: "//error").count == record.harnessFaults.count)
    #expect(try !parse(.matrix(SampleMatrices.fault)).nodes(forXPath: "//error").isEmpty)
  }
}
