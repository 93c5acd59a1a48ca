/// `stress run` and `stress matrix` with a user's own kernel, as a user runs them.
import Campaign
import Foundation
import Testing

@Suite(.serialized) struct KernelRunTests {
  private static let why: Comment = "no kernel tree: scripts/kernel-tree 7.3 brings one"
  private static let short = ["--threads", "4", "--seed", "42", "--memory-gib", "1"]

  private func record(_ text: String) throws -> RunRecord {
    try JSONDecoder().decode(RunRecord.self, from: Data(text.utf8))
  }

  @Test(.enabled(if: UserTree.source != nil, why)) func `a clean tree passes and the record names it`() throws {
    try Scratch.use { scratch in
      let tree = try #require(UserTree.source).path
      let arguments =
        ["run", "--kernel-tree", tree, "--rounds", "1", "--mix", "fault=60,zap=20,age=5", "--busy", "10"]
        + Self.short + ["--json", scratch.file("r.json")]
      let result = try StressCommand.start(arguments, in: scratch).finish()
      #expect(result.status == 0)
      #expect(result.output.contains("Linux 7.3"))
      #expect(result.lastOutputLine.hasPrefix("PASS "))
      let record = try record(scratch.text("r.json"))
      #expect(record.subject == "kernel" && record.rounds == 1 && record.threads == 4)
      #expect(record.kernel?.path == tree && record.kernel?.tree.hasPrefix("0x") == true)
      #expect(Set(record.outcomes.map(\.operation)) == ["fault", "zap", "age"])
    }
  }

  @Test(.enabled(if: UserTree.source != nil, why))
  func `a broken tree fails with a command and a token that show it again`() throws {
    try Scratch.use { scratch in
      let tree = try UserTree(in: scratch)
      try tree.replace(UserTree.restore, with: ";")
      let run = ["run", "--kernel-tree", "linux", "--bisect"] + Self.short
      let result = try StressCommand.start(run + ["--rounds", "50", "--json", "r.json"], in: scratch).finish()
      #expect(result.status == 1)
      let violation = try #require(record(scratch.text("r.json")).violations.first)
      #expect(violation.command.contains(" --kernel-tree linux "))
      #expect(result.output.contains(violation.command))
      let reproduction = try #require(violation.reproduction)
      // With guests it is an episode of the second kind.
      #expect(["k1:", "k2:"].contains { reproduction.token.hasPrefix($0) })
      #expect(reproduction.verified == reproduction.replays)
      let replay = try StressCommand.start(
        ["replay", reproduction.token, "--kernel-tree", "linux", "--quiet"], in: scratch
      ).finish()
      #expect(replay.status == 1)
      #expect(replay.lastOutputLine.contains(violation.checker))
    }
  }

  @Test(.enabled(if: UserTree.source != nil, why)) func `BUG() on a thread ends the run with a report`() throws {
    try Scratch.use { scratch in
      let tree = try UserTree(in: scratch)
      let place = "\ttrace_kvm_mmu_spte_requested(fault, root->role.access);\n"
      try tree.replace(place, with: "\tBUG_ON(fault->is_private && (fault->gfn & 7) == 3);\n" + place)
      let result = try StressCommand.start(
        ["run", "--kernel-tree", "linux", "--rounds", "50", "--no-bridge"] + Self.short, in: scratch
      ).finish()
      #expect(result.status == 1)
      #expect(result.output.contains("BUG-1") && result.output.contains("arch/x86/kvm/mmu/tdp_mmu.c:"))
      #expect(result.lastOutputLine.hasPrefix("FAIL "))
    }
  }

  @Test(.enabled(if: UserTree.source != nil, why)) func `the matrix has a column of the tree`() throws {
    try Scratch.use { scratch in
      let tree = try #require(UserTree.source).path
      let arguments = [
        "matrix", "--kernel-tree", tree, "--protocol", "mainline", "--scenario", "fault-zap", "--scenario", "planted",
        "--schedules", "96", "--quick",
      ]
      let result = try StressCommand.start(arguments, in: scratch).finish()
      #expect(result.status == 0)
      let head = result.output.split(separator: "\n").first { $0.hasPrefix("policy 4k") }
      #expect(head?.contains(/P1 +linux-7\.3/) == true)
      #expect(result.output.split(separator: "\n").contains { $0.hasPrefix("policy huge ") && !$0.contains("linux") })
    }
  }

  @Test(arguments: [
    (["--mutant", "no-freeze"], "--kernel-tree excludes --protocol and --mutant"),
    (["--protocol", "mainline"], "--kernel-tree excludes --protocol and --mutant"),
    (["--policy", "huge-shared"], "--kernel-tree takes 4k or huge"),
    (["--mix", "fault=1,plant=1"], "--mix plant asks for what only the model can do"),
    ([], "is not a Linux kernel tree"),
  ]) func `what a kernel cannot do is refused before it is built`(arguments: [String], message: String) throws {
    try Scratch.use { scratch in
      let result = try StressCommand.start(["run", "--kernel-tree", scratch.folder.path] + arguments, in: scratch)
        .finish()
      #expect(result.status == 64)
      #expect(result.complaints.count == 1 && result.errors.contains(message))
    }
  }

  @Test(arguments: [
    (["--only", "mutants"], "exclude each other"),
    (["--only", "kernel", "--mutant", "no-freeze"], "which are the model's"),
    (["--policy", "huge"], "--policy 4k"),
    (["--scenario", "planted"], "a --scenario that a kernel has: fault-fault,"),
    ([], "is not a Linux kernel tree"),
  ]) func `what a matrix of a kernel cannot do is refused`(arguments: [String], message: String) throws {
    try Scratch.use { scratch in
      let result = try StressCommand.start(["matrix", "--kernel-tree", scratch.folder.path] + arguments, in: scratch)
        .finish()
      #expect(result.status == 64)
      #expect(result.complaints.count == 1 && result.errors.contains(message))
    }
  }

  @Test(arguments: ["run", "matrix"]) func `a tree that is none is skipped by bisect`(command: String) throws {
    try Scratch.use { scratch in
      let result = try StressCommand.start([command, "--kernel-tree", scratch.folder.path, "--bisect"], in: scratch)
        .finish()
      #expect(result.status == 125)
    }
  }

  @Test func `a matrix of a kernel alone needs its tree`() throws {
    let result = try StressCommand.run(["matrix", "--only", "kernel"])
    #expect(result.status == 64 && result.errors.contains("--only kernel needs --kernel-tree"))
  }
}
