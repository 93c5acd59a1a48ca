import Foundation
import Records
import Reports
import Testing

/// What was tested, and what of it could not be: in every form of a record.
@Suite struct OriginTests {
  private static var clean: RunRecord {
    var record = SampleExplorations.clean
    record.kernel = SampleDiffs.changedKernel
    record.build = SampleDiffs.build
    return record
  }

  private static let facts = [
    "0x674e76aff77b7620", "0123456789abcdef0123456789abcdef01234567", "clang version 19.1.7", "89abcdef0123",
    "local changes",
  ]
  private static let unseen = [
    "kvm_zap_gfn_range()", "kvm_mmu_zap_all()", "never called", "kvm_tdp_mmu_get_walk()", "virt/kvm/new.c",
  ]

  /// A tracefile is lines and counts, and has room for nothing else.
  @Test(arguments: ReportFormat.allCases.filter { $0 != .lcov })
  func `every form has the tree, the commit, the compiler and the tool`(
    _ format: ReportFormat
  ) {
    let text = format.render(.run(Self.clean)).replacing("\\_", with: "_").replacing("&quot;", with: "\"")
    for fact in Self.facts + Self.unseen { #expect(text.contains(fact), "\(format): \(fact)") }
  }

  @Test func `what cannot be seen is told above every verdict and counted in a clean one`() {
    let lines = """
      Outside what this can see, of what differs from commit fedcba987654:
        changed, not compiled: kvm_zap_gfn_range(), kvm_mmu_zap_all() (arch/x86/kvm/mmu/mmu.c)
        changed, never called: kvm_tdp_mmu_get_walk() (arch/x86/kvm/mmu/tdp_mmu.c)
        changed, not compiled: virt/kvm/new.c

      PASS sampled:
      """
    let text = TextReport(Self.clean).renderQuietly()
    #expect(text.hasPrefix(lines) && text.hasSuffix("; 4 changes not seen\n"), "\(text)")
    var broken = SampleExplorations.violation
    broken.kernel = SampleDiffs.changedKernel
    let failed = TextReport(broken).renderQuietly()
    #expect(failed.contains("changed, not compiled: virt/kvm/new.c\n\nFAIL ") && !failed.contains("changes not seen"))
    var alike = SampleDiffs.alike
    alike.kernel = SampleDiffs.changedKernel
    #expect(DiffText(alike).renderQuietly().hasSuffix("; 4 changes not seen\n"))
    var matrix = SampleMatrices.asExpected
    matrix.kernel = SampleDiffs.changedKernel
    #expect(MatrixText(matrix).renderQuietly().hasSuffix("; 4 changes not seen\n"))
  }

  @Test func `many changes are cut in text, and not in the record`() throws {
    var record = Self.clean
    record.kernel?.unseen = (0..<30).map { .init(name: "f()", file: "virt/kvm/\($0).c", reason: "not compiled") }
    #expect(TextReport(record).renderQuietly().contains("  and 10 more lines, which the record has\n"))
    #expect(try RecordJSON.decode(RecordJSON.encode(record)).kernel?.unseen?.count == 30)
  }

  /// Records from before these fields were there.
  @Test func `a record without them is read`() throws {
    let kernel = try JSONDecoder().decode(
      RunRecord.Kernel.self, from: Data(#"{"version":"7.3.4","tree":"0x1","path":"l","plainAccesses":false}"#.utf8))
    #expect(kernel.unseen == nil && kernel.commit == nil && kernel.origin == [])
  }
}
