import Foundation
import Records
import Reports
import Testing

/// What a person, a mail and a CI read of a series.
@Suite struct SeriesReportTests {
  @Test func `a row says what a commit breaks, has broken still and mends`() {
    let text = SeriesText(SampleSeries.broken).render()
    for row in [
      " base  000000000000  ok ", " 1/4  111111111111  breaks FRZ-3 ", " 2/4  222222222222  still broken since 1/4 ",
      " 3/4  333333333333  does not build (tdp_mmu.c:7 wants x) ", " 4/4  444444444444  mends FRZ-3 of 1/4 ",
      "4/4 needs what its parent did not: kvm_helper", "  4/4 changed, not compiled: f() (arch/x86/kvm/x86.c)",
      "with 111111111111 checked out in linux:\nreplay: stress replay k1:AAAA --kernel-tree linux\n",
    ] { #expect(text.contains(row), "\(row) in \(text)") }
    #expect(text.hasSuffix("\nFAIL 1/4 breaks FRZ-3, 3/4 does not build; 4 commits\n"))
  }

  @Test(
    arguments: zip(
      SampleSeries.all,
      [
        "PASS sampled: 3 commits, 1 tried and clean, 1 not affected, 1 passed over as merges; not a proof",
        "FAIL 1/4 breaks FRZ-3, 3/4 does not build; 4 commits",
        "NOTHING TRIED: base does not build (spte.c:7 wants x)", "HARNESS FAULT 1 fault, first commit 1: it broke",
      ]))
  func `the last line is the verdict`(record: SeriesRecord, line: String) {
    #expect(SeriesText(record).renderQuietly().split(separator: "\n").last.map(String.init) == line)
  }

  @Test func `what the base breaks is no commit's, and a series that mends it is clean`() {
    var base = SampleSeries.broken.commits[1]
    (base.number, base.breaks[0].foundAt) = (0, 0)
    var mends = SampleSeries.broken.commits[4]
    (mends.number, mends.mends[0].number) = (1, 0)
    func record(_ commits: [SeriesRecord.Commit]) -> SeriesRecord {
      SeriesRecord(
        build: nil, repository: "linux", range: "a..b", version: nil, seed: "0x1", schedules: 1, executions: 1,
        commits: commits, harnessFaults: [], interrupted: false,
        timing: .init(elapsedSeconds: 0, jobs: 1, commits: [], found: []))
    }
    #expect(record([base, mends]).verdict == .clean)
    var untouched = SampleSeries.clean.commits[2]
    untouched.number = 1
    #expect(record([base, untouched]).verdict == .broken)
    let text = SeriesText(record([base, mends])).render()
    #expect(text.contains("mends FRZ-3 of base"))
  }

  @Test(arguments: SampleSeries.all)
  func `a mail has 72 columns and no markup, and says what it is no proof of`(record: SeriesRecord) {
    let mail = ReportFormat.mail.render(.series(record))
    #expect(mail.split(separator: "\n").allSatisfy { $0.count <= 72 && $0.unicodeScalars.allSatisfy(\.isASCII) })
    #expect(mail.contains("Scope: sampled, no proof;"))
    #expect(mail.split(separator: "\n\n")[0].split(separator: "\n").count == 2)
  }

  @Test func `a result a commit`() {
    let ktap = ReportFormat.ktap.render(.series(SampleSeries.broken))
    for line in ["1..5", "ok 1 base 000000000000", "not ok 2 1/4 111111111111", "not ok 4 3/4 333333333333"] {
      #expect(ktap.contains(line), "\(ktap)")
    }
    let clean = ReportFormat.ktap.render(.series(SampleSeries.clean))
    #expect(clean.contains("# SKIP not affected") && clean.contains("# SKIP merge, passed over"))
  }

  @Test func `KernelCI gets a checkout a commit, a build a compiler, and a test where it was run`() throws {
    struct Report: Decodable {
      struct Version: Decodable { var major: Int }
      struct Checkout: Decodable { var id: String }
      struct Build: Decodable {
        var checkoutId: String
        var status: String
      }
      struct Test: Decodable {
        var buildId: String
        var status: String
        var comment: String
        var logExcerpt: String?
      }
      var version: Version
      var checkouts: [Checkout]
      var builds: [Build]
      var tests: [Test]
    }
    let data = try SeriesKCIDB.json(SampleSeries.broken, origin: "ci")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let report = try decoder.decode(Report.self, from: data)
    #expect(String(decoding: data, as: UTF8.self).contains("\"git_commit_hash\" : \"1111"))
    #expect(report.version.major == 5 && report.checkouts.map(\.id.count) == Array(repeating: 43, count: 4))
    #expect(report.builds.map(\.status) == Array(repeating: "PASS", count: 4))
    #expect(report.builds.map(\.checkoutId) == report.checkouts.map(\.id))
    #expect(report.tests.map(\.status) == ["PASS", "FAIL", "FAIL", "PASS"])
    #expect(report.tests[2].comment == "still broken since 1/4" && report.tests[0].logExcerpt == nil)
    #expect(report.tests[1].logExcerpt?.contains("stress replay k1:AAAA --kernel-tree linux") ?? false)
    #expect(report.tests[1].buildId == "ci:\(String(repeating: "1", count: 40))-0")
  }

  @Test(arguments: SampleSeries.all) func `a record is read back as it was`(record: SeriesRecord) throws {
    let data = try RecordJSON.encode(record)
    #expect(try RecordJSON.decodeAny(data) == .series(record))
  }

  @Test func `two rounds of a series are compared by subject`() {
    let comparison = Comparison(["s": .series(SampleSeries.broken)], ["s": .series(SampleSeries.clean)])
    #expect(comparison.fixed == ["s: KVM: x86/mmu: Change 1: FRZ-3"] && comparison.new.isEmpty)
  }
}
