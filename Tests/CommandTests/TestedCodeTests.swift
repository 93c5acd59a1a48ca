/// What a command with --kernel-tree says of the tree that it ran: one name for it everywhere, and which changes it did
/// not see.
import Campaign
import Foundation
import KernelMMU
import Testing

@Suite(.enabled(if: UserTree.source != nil, UserTree.why)) struct TestedCodeTests {
  private static let mmu = "arch/x86/kvm/mmu/mmu.c"
  private static let campaign = ["--seed", "1", "--schedules", "60", "--quiet"]

  private func withTree(_ body: (Scratch, UserTree) throws -> Void) throws {
    try Scratch.use { scratch in
      let tree = try UserTree(in: scratch)
      try Git.run(["init", "--quiet"], in: tree.root)
      try Git.run(["add", "."], in: tree.root)
      try Git.run(["commit", "--quiet", "--no-gpg-sign", "-m", "first"], in: tree.root)
      try body(scratch, tree)
    }
  }

  @Test func `a change in what is not compiled passes, and is named beside the verdict`() throws {
    try withTree { scratch, tree in
      let file = tree.root.appendingPathComponent(Self.mmu)
      let text = try String(contentsOf: file, encoding: .utf8)
      let head = "kvm_mmu_x86_module_init(void)\n{"
      try #require(text.contains(head))
      try text.replacingOccurrences(of: head, with: head + "\n\tthis is not C;")
        .write(to: file, atomically: false, encoding: .utf8)
      let tool = ["--kernel-tree", tree.root.path]
      let first = try Git.run(["rev-parse", "HEAD"], in: tree.root).trimmingCharacters(in: .newlines)
      let told = """
        Outside what this can see, of what differs from commit \(first.prefix(12)):
          changed, not compiled: kvm_mmu_x86_module_init() (\(Self.mmu))


        """
      let run = try StressCommand.start(
        ["explore"] + tool + Self.campaign + ["--json", scratch.file("record.json")], in: scratch
      ).finish()
      #expect(run.status == 0 && run.output.hasPrefix(told) && run.output.hasSuffix("; 1 change not seen\n"), "\(run)")

      // Committed, it is a change since the commit before, and none since its own.
      try Git.run(["commit", "--quiet", "--no-gpg-sign", "-a", "-m", "second"], in: tree.root)
      let diff = ["diff"] + tool + ["--seed", "1", "--episodes", "20", "--quiet"]
      #expect(try StressCommand.start(diff, in: scratch).finish().output.hasPrefix("ALIKE"))
      #expect(try StressCommand.start(diff + ["--base", "HEAD~1"], in: scratch).finish().output.hasPrefix(told))
      let unknown = try StressCommand.start(diff + ["--base", "no-such"], in: scratch).finish()
      #expect(unknown.status == 64 && unknown.errors.contains("git knows no commit 'no-such'"), "\(unknown)")

      // One name for what was run.
      let record = try JSONDecoder().decode(RunRecord.self, from: Data(scratch.text("record.json").utf8))
      let kernel = try #require(record.kernel)
      #expect(kernel.commit == first && kernel.base == first && kernel.changed == [Self.mmu])
      #expect(record.build?.version == ToolBuild.version)
      let doctor = try StressCommand.start(
        ["kernel", "doctor", tree.root.path, "--functions", "--base", "HEAD~1", "--json", scratch.file("f.json")],
        in: scratch
      ).finish()
      #expect(doctor.status == 0 && doctor.output.contains("  tree     \(kernel.tree), "), "\(doctor)")
      #expect(doctor.output.contains(try #require(kernel.compiler)))
      #expect(doctor.output.contains("\n    changed, not compiled: kvm_mmu_x86_module_init() (\(Self.mmu))\n"))
      #expect(doctor.output.contains(" by glue/"))
      let list = try StressCommand.start(["kernel", "list"], in: scratch).finish()
      #expect(list.output.contains(", tree \(kernel.tree)\n"))
      let use = try JSONDecoder().decode(SourceUse.self, from: Data(scratch.text("f.json").utf8))
      let functions = try #require(use.file(Self.mmu)?.functions)
      #expect(functions.first { $0.name == "kvm_mmu_x86_module_init" }?.state == .unused)
      #expect(functions.first { $0.name == "kvm_tdp_mmu_map_private_pfn" }?.state == .used)
    }
  }

  @Test func `what is started inside a tree leaves nothing there, and is found again`() throws {
    try withTree { scratch, tree in
      try tree.replace(UserTree.restore, with: ";")
      try Git.run(["commit", "--quiet", "--no-gpg-sign", "-a", "-m", "broken"], in: tree.root)
      let state = scratch.file("state")
      func inside(_ folder: String, _ arguments: [String]) throws -> StressCommand.Result {
        let path = tree.root.appendingPathComponent(folder).path
        let launcher = ["/usr/bin/env", "-C", path, "XDG_STATE_HOME=\(state)"]
        return try StressCommand.start(arguments, in: scratch, through: launcher).finish()
      }
      let campaign = ["explore", "--kernel-tree", ".", "--seed", "1", "--schedules", "20000", "--no-minimize"]
      let found = try inside("", campaign)
      #expect(found.status == 1 && found.errors.contains("stress: kept in \(state)/stress/linux-"), "\(found.errors)")
      let again = try inside("arch/x86", ["regress", "--kernel-tree", tree.root.path])
      #expect(again.status == 1 && again.output.contains("1 replayed, 0 fixed, 1 still fails"), "\(again)")
      #expect(try Git.run(["status", "--porcelain", "--ignored"], in: tree.root) == "")
    }
  }
}
