/// What is refused of a tree without mirror page tables: in one line, before anything is built.
import Foundation
import Testing

@Suite struct DirectRootsTests {
  private static let reason = "Linux 6.12.5 has no mirror page tables: direct roots only, so no private memory"

  private func refuse(
    _ arguments: [String], status: Int32, saying text: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try Scratch.use { scratch in
      let tree = try TinyTree(in: scratch, version: "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 5\n")
      try tree.write("int kvm_tdp_mmu_map(void);\n", to: "arch/x86/kvm/mmu/tdp_mmu.h")
      try tree.remove("arch/x86/kvm/vmx/tdx.c")
      let result = try tree.run(arguments + ["--kernel-tree", tree.path])
      #expect(result.status == status, "\(result.errors)", sourceLocation: sourceLocation)
      #expect(result.errorLines.count == 1, "\(result.errors)", sourceLocation: sourceLocation)
      #expect(result.errors.contains(text), "\(result.errors)", sourceLocation: sourceLocation)
      #expect(tree.cached == [], sourceLocation: sourceLocation)
    }
  }

  private static let refused: [([String], String)] =
    [
      "fault-zap", "fault-convert", "busy", "guest-zap", "mirror-split", "planted", "suspect-wrprot", "suspect-eio",
      "suspect-retry",
    ].map { (["explore", "--scenario", $0], "--scenario \($0): \(reason)") }
    + [
      (["trace", "--scenario", "busy"], "--scenario busy: \(reason)"),
      (["matrix", "--only", "kernel", "--scenario", "guest-zap"], "--scenario guest-zap: \(reason)"),
      (["run", "--mix", "fault=1,zap=1"], "--mix zap: \(reason)"),
      (["run", "--mix", "fault=1,convert=1"], "--mix convert: \(reason)"),
      (["diff"], "diff: \(reason)"),
    ]

  @Test(arguments: refused) func `what needs private memory is bad usage`(arguments: [String], text: String) throws {
    try refuse(arguments, status: 64, saying: text)
  }

  @Test(arguments: [["explore", "--scenario", "mirror-split"], ["diff"], ["run", "--mix", "guest=1"]])
  func `and a commit that a bisection passes over`(arguments: [String]) throws {
    try refuse(arguments + ["--bisect"], status: 125, saying: Self.reason)
  }
}
