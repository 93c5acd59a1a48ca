import Foundation
import Records
import Reports
import Testing

/// What is told of the lines and branches that ran.
@Suite struct CoverageReportTests {
  private static let summary = "3 of 5 lines, 1 of 4 branches of tdp_mmu.c ran"

  @Test func `the verdict says how much ran, and the report which lines never did`() {
    let text = ReportFormat.text.render(.run(SampleCoverage.run))
    #expect(text.hasSuffix("; not a proof; \(Self.summary)\n"))
    #expect(text.contains("Code that ran\n"))
    #expect(text.contains("\n  tdp_mmu.c: 14-20\n"))
    let search = ReportFormat.text.render(.exhaust(SampleCoverage.search))
    #expect(search.hasSuffix("; \(Self.summary)\n") && search.contains("  tdp_mmu.c: 14-20\n"))
    #expect(!ReportFormat.text.render(.run(SampleExplorations.clean)).contains("ran\n"))
  }

  @Test func `what broke a rule is not said to have run`() {
    var record = SampleExplorations.violation
    record.code = SampleCoverage.code
    #expect(VerdictLine.render(record) == VerdictLine.render(SampleExplorations.violation))
  }

  @Test func `a series names the changed lines that never ran, in every form`() {
    let series = SampleCoverage.series
    let text = ReportFormat.text.render(.series(series))
    #expect(text.contains(" ok, 1 of 2 changed lines ran "))
    #expect(text.contains("\n1/3 1 of 2 changed lines ran; not: tdp_mmu.c:14 (`return -ENOMEM;`)\n"))
    #expect(text.hasSuffix("; not a proof; 1 of 2 changed lines never ran\n"))
    let mail = ReportFormat.mail.render(.series(series))
    #expect(mail.contains("1/3 1 of 2 changed lines ran; not: tdp_mmu.c:14 (`return -ENOMEM;`)"))
    #expect(mail.split(separator: "\n").allSatisfy { $0.count <= 72 })
    #expect(ReportFormat.markdown.render(.series(series)).contains("1 of 2 changed lines ran"))
    #expect(ReportFormat.html.render(.series(series)).contains("return -ENOMEM;"))
  }

  @Test func `a series whose changed lines all ran says nothing of others`() {
    var series = SampleCoverage.series
    series.commits[1].lines?.removeLast()
    let text = ReportFormat.text.render(.series(series))
    #expect(text.contains(" ok, 1 of 1 changed line ran ") && !text.contains("never ran"))
  }

  @Test func `a tracefile has each line, branch and function`() {
    var run = SampleCoverage.run
    run.kernel = SampleDiffs.changedKernel
    run.kernel?.path = "'my tree'"
    let expected = """
      TN:
      SF:my tree/arch/x86/kvm/mmu/tdp_mmu.c
      FN:10,kvm_tdp_mmu_map
      FNDA:7,kvm_tdp_mmu_map
      FNF:1
      FNH:1
      BRDA:12,0,0,3
      BRDA:12,0,1,0
      BRDA:20,0,0,-
      BRDA:20,0,1,-
      BRF:4
      BRH:1
      DA:10,7
      DA:12,3
      DA:14,0
      DA:20,0
      DA:21,1
      LF:5
      LH:3
      end_of_record

      """
    let trace = ReportFormat.lcov.render(.run(run))
    #expect(trace.contains("SF:my tree/arch/x86/kvm/mmu/spte.h\n") && trace.hasSuffix(expected), "\(trace)")
    #expect(ReportFormat.lcov.render(.exhaust(SampleCoverage.search)).contains("\nSF:arch/x86/kvm/mmu/tdp_mmu.c\n"))
    #expect(ReportFormat.lcov.render(.run(SampleExplorations.clean)) == "")
  }

  @Test func `a record without it is written as ever, and one with it is read back`() throws {
    let without = try RecordJSON.encode(SampleExplorations.clean)
    #expect(!String(decoding: without, as: UTF8.self).contains("\"code\""))
    let with = try RecordJSON.encode(SampleCoverage.run)
    #expect(try RecordJSON.decode(with) == SampleCoverage.run)
    let damaged = String(decoding: with, as: UTF8.self).replacing("12=3", with: "12=x")
    #expect(throws: RecordJSONError.self) { try RecordJSON.decode(Data(damaged.utf8)) }
  }

  @Test func `counts of parts add up`() throws {
    let other = CodeCoverage(files: [
      .init(
        path: "arch/x86/kvm/mmu/tdp_mmu.c", lines: [.init(number: 14, count: 2), .init(number: 15, count: 1)],
        branches: [.init(line: 12, number: 1, count: 4)],
        functions: [.init(name: "kvm_tdp_mmu_map", line: 10, count: 1)])
    ])
    #expect(CodeCoverage.sum([]) == nil)
    let sum = try #require(CodeCoverage.sum([SampleCoverage.code, other]))
    #expect(sum == CodeCoverage.sum([other, SampleCoverage.code]))
    let file = try #require(sum.file("arch/x86/kvm/mmu/tdp_mmu.c"))
    #expect(file.lines.map(\.number) == [10, 12, 14, 15, 20, 21] && file.lines.map(\.count) == [7, 3, 2, 1, 0, 1])
    #expect(file.branches.map(\.count) == [3, 4, 0, 0] && file.functions.map(\.count) == [8])
    #expect(sum.files.count == 2)
    let parts = try ExhaustRecord.merged([SampleCoverage.search, SampleCoverage.search])
    #expect(parts.code?.file("arch/x86/kvm/mmu/tdp_mmu.c")?.lines.first?.count == 14)
  }
}
