/// `--coverage` and `--lcov` as a user has them: `stress explore`, `exhaust`, `run` and `series`.
import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: UserTree.source != nil, UserTree.why)) struct CoverageCommandTests {
  private static func run(_ arguments: [String], _ scratch: Scratch) throws -> StressCommand.Result {
    try StressCommand.start(arguments + ["--quiet"], in: scratch).finish()
  }

  private static func tree() throws -> String { try #require(UserTree.source).path }

  /// Counts by line of `tdp_mmu.c`.
  private static func lines(_ trace: String) -> [Int: Int] {
    let own = trace.components(separatedBy: "end_of_record").first { $0.contains("/mmu/tdp_mmu.c\n") } ?? ""
    let pairs = own.split(separator: "\n").filter { $0.hasPrefix("DA:") }.map { line in
      line.dropFirst(3).split(separator: ",").compactMap { Int($0) }
    }
    return Dictionary(pairs.map { ($0[0], $0[1]) }) { $1 }
  }

  @Test func `shards put together have what each of them ran`() throws {
    try Scratch.use { scratch in
      let explore = ["explore", "--kernel-tree", try Self.tree(), "--seed", "3", "--schedules", "600", "--coverage"]
      for shard in 1...2 {
        let part = ["--shard", "\(shard)/2", "--json", "\(shard).json", "--lcov", "\(shard).info"]
        let result = try Self.run(explore + part, scratch)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.lastOutputLine.contains(/; \d+ of \d+ lines, \d+ of \d+ branches of tdp_mmu.c ran$/))
      }
      let merged = try Self.run(["merge", "1.json", "2.json", "--json", "r.json", "--lcov", "r.info"], scratch)
      #expect(merged.status == 0, "\(merged.errors)")
      let (parts, whole) = ((1...2).map { Self.lines(scratch.text("\($0).info")) }, Self.lines(scratch.text("r.info")))
      #expect(whole == parts[0].merging(parts[1], uniquingKeysWith: +))
      #expect(whole.count > 300 && whole.values.contains(0) && whole.values.contains { $0 > 600 })
      #expect(scratch.text("r.info").contains("SF:\(try Self.tree())/arch/x86/kvm/mmu/tdp_mmu.c\n"))
      let report = try StressCommand.start(["report", "r.json", "--lcov", "again.info"], in: scratch).finish()
      #expect(report.status == 0 && scratch.text("again.info") == scratch.text("r.info"))
    }
  }

  @Test func `threads and pairs are counted too`() throws {
    try Scratch.use { scratch in
      let commands = [
        ["run", "--rounds", "1", "--threads", "2", "--memory-gib", "1"],
        ["exhaust", "--pair", "fault,zap", "--table", "private-leaf", "--executions", "50"],
      ]
      for command in commands {
        let words = command + ["--kernel-tree", try Self.tree(), "--coverage", "--lcov", "r.info"]
        let result = try Self.run(words, scratch)
        #expect(result.status == 0, "\(result.errors)")
        #expect(Self.lines(scratch.text("r.info")).values.count { $0 > 0 } > 50)
      }
    }
  }

  @Test func `a record in which nothing was counted gives no tracefile`() throws {
    try Scratch.use { scratch in
      let explore = ["explore", "--kernel-tree", try Self.tree(), "--schedules", "10", "--json", "r.json"]
      #expect(try Self.run(explore, scratch).status == 0)
      let report = try StressCommand.start(["report", "r.json", "--lcov", "r.info"], in: scratch).finish()
      #expect(report.status == 70)
      #expect(report.complaints.first?.contains("nothing was counted, which --coverage of a run does") == true)
      #expect(scratch.text("r.info") == "")
    }
  }

  @Test func `a series says which changed lines never ran`() throws {
    try Scratch.use { scratch in
      let tree = try UserTree(in: scratch)
      try Git.run(["init", "--quiet"], in: tree.root)
      try SeriesRepository.commit("Linux", in: tree.root)
      let asks = "KVM_MMU_WARN_ON(is_frozen_spte(new_spte));"
      try tree.replace(asks, with: "\(asks)\n\tif (new_spte == 0x12345)\n\t\treturn -ENOMEM;")
      try SeriesRepository.commit("Refuse an SPTE", in: tree.root)
      let result = try Self.run(
        [
          "series", "HEAD~1..HEAD", "--kernel-tree", tree.root.path, "--table", "private-empty", "--executions", "2",
          "--schedules", "100", "--coverage", "--mail", "mail.txt", "--lcov", "r.info",
        ], scratch)
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.lastOutputLine.hasSuffix("; not a proof; 1 of 2 changed lines never ran"), "\(result.output)")
      #expect(scratch.text("mail.txt").contains(/1 of 2 changed lines ran; not: tdp_mmu.c:\d+\s+\(`return -ENOMEM;`\)/))
      #expect(Self.lines(scratch.text("r.info")).count > 300)
    }
  }
}
