/// `stress exhaust` as a user runs it.
import Foundation
import Testing

struct ExhaustCommandTests {
  private func run(_ arguments: String...) throws -> StressCommand.Result {
    try StressCommand.run(["exhaust", "--quiet"] + arguments)
  }

  @Test func `a pair that was executed in every way is proven`() throws {
    let result = try run("--pair", "fault,zap")
    #expect(result.status == 0)
    #expect(result.output.hasPrefix("PASS exhaustive: 4 of 4 items, all "), "\(result.output)")
  }

  @Test func `what is counted can be chosen`() throws {
    let pair = ["--pair", "fault,zap", "--table", "private-table", "--count"]
    let classes = try StressCommand.run(["exhaust", "--quiet"] + pair + ["classes"])
    let states = try StressCommand.run(["exhaust", "--quiet"] + pair + ["states"])
    #expect(classes.output.contains(/all [\d,]+ classes,/) && states.output.contains(/all [\d,]+ states,/))
  }

  @Test func `what is left is named, and nothing is proven then`() throws {
    let result = try run("--pair", "fault,zap", "--executions", "50")
    #expect(result.status == 0)
    #expect(result.output.contains("Not complete:\n  fault x zap, private-empty: "), "\(result.output)")
    #expect(result.output.contains("PASS partial: 0 of 4 items complete"))
  }

  @Test func `the record does not depend on the number of jobs`() throws {
    let records = try ["1", "2"].map { jobs in
      try run("--pair", "fault,zap", "--jobs", jobs, "--json", "-").output
        .replacing(/"timing"[^}]*}/, with: "")
    }
    #expect(records[0] == records[1] && records[0].contains("\"complete\""))
  }

  /// More jobs than processors: what comes behind the violation in the order of dealing is often done before it.
  @Test func `nor does that of a violation`() throws {
    let records = try ["1", "8", "8"].map { jobs in
      try run("--mutant", "no-freeze", "--table", "private-empty", "--jobs", jobs, "--json", "-").output
        .replacing(/"timing"[^}]*}/, with: "")
    }
    #expect(records[0] == records[1] && records[1] == records[2] && records[0].contains("ORD-1"))
    // Many items break the rule, and one ends the search.
    #expect(records[0].matches(of: /"end"\s*:\s*"violation"/).count == 1)
  }

  @Test func `a violation has a token that replays`() throws {
    let result = try run("--mutant", "drop-propagate", "--pair", "fault,zap")
    #expect(result.status == 1)
    #expect(result.output.contains("verified 3/3"), "\(result.output)")
    let token = try #require(result.output.firstMatch(of: /stress replay (m1:\S+)/)?.1)
    #expect(try StressCommand.run(["replay", "--quiet", String(token)]).status == 1)
  }

  @Test func `shards are merged into what one run gives, and a run goes on from a record`() throws {
    try Scratch.use { scratch in
      func record(_ name: String, _ arguments: String...) throws -> [String: Any] {
        let result = try StressCommand.start(
          ["exhaust", "--quiet", "--pair", "fault,zap", "--json", name] + arguments, in: scratch
        ).finish()
        #expect(result.status == 0)
        return try Self.object(scratch.text(name))
      }
      let whole = try record("whole.json")
      _ = try record("1.json", "--shard", "1/2")
      #expect(try Self.ends(record("2.json", "--shard", "2/2")) == ["not run", "complete", "not run", "complete"])
      let merged = try StressCommand.start(["merge", "1.json", "2.json", "--json", "m.json", "--quiet"], in: scratch)
        .finish()
      #expect(merged.status == 0 && merged.output.contains("PASS exhaustive: 4 of 4 items"))
      let items = whole["items"] as? [[String: Any]]
      #expect(
        try NSArray(array: items ?? []) == NSArray(array: Self.object(scratch.text("m.json"))["items"] as? [Any] ?? []))
      let resumed = try record("r.json", "--resume", "1.json")
      #expect(NSArray(array: items ?? []) == NSArray(array: resumed["items"] as? [Any] ?? []))
      let other = try StressCommand.start(
        ["exhaust", "--pair", "fault,zap", "--answers", "0", "--resume", "whole.json"], in: scratch
      ).finish()
      #expect(other.status == 64 && other.errors.contains("of another search"))
      let alien = try StressCommand.start(["merge", "1.json", "other.json"], in: scratch).finish()
      #expect(alien.status == 64)
    }
  }

  private static func object(_ text: String) throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private static func ends(_ record: [String: Any]) -> [String] {
    (record["items"] as? [[String: Any]] ?? []).compactMap { $0["end"] as? String }
  }

  @Test func `small items come first, however many large ones there are`() throws {
    let result = try run("--table", "private-empty", "--answers", "0", "--executions", "10000")
    #expect(result.status == 0)
    // Two faults that build all tables have millions of classes, and stand first in the plan.
    #expect(result.output.contains("fault x fault, private-empty"))
    #expect(result.output.firstMatch(of: /PASS partial: (\d+) of/).flatMap { Int($0.1) } ?? 0 > 10, "\(result.output)")
  }

  @Test(arguments: ["html", "markdown", "junit", "ktap", "mail", "perfetto", "text"])
  func `a record has every form of report`(_ form: String) throws {
    try Scratch.use { scratch in
      let run = try StressCommand.start(
        ["exhaust", "--mutant", "drop-propagate", "--pair", "fault,zap", "--json", "r.json", "--quiet"], in: scratch
      ).finish()
      #expect(run.status == 1)
      let report = try StressCommand.start(["report", "r.json", "--\(form)", "out"], in: scratch).finish()
      #expect(report.status == 0, "\(report.errors)")
      let text = scratch.text("out")
      #expect(text.contains("DUP-1"))
      if form != "perfetto" { #expect(text.contains("fault x zap")) }
    }
  }

  @Test func `with a bound it says so, and goes on from such a search alone`() throws {
    try Scratch.use { scratch in
      let pair = ["exhaust", "--quiet", "--pair", "fault,zap"]
      let bounded = try StressCommand.start(pair + ["--preemptions", "1", "--json", "b.json"], in: scratch).finish()
      #expect(bounded.status == 0)
      #expect(bounded.output.hasPrefix("PASS exhaustive: 4 of 4 items, all "), "\(bounded.output)")
      #expect(bounded.output.contains("states, sequentially consistent") && bounded.output.contains("1 preemption"))
      let other = try StressCommand.start(pair + ["--resume", "b.json"], in: scratch).finish()
      #expect(other.status == 64 && other.errors.contains("preemptions differ"), "\(other.errors)")
      let page = try StressCommand.start(["report", "b.json", "--html", "b.html"], in: scratch).finish()
      #expect(page.status == 0)
    }
  }

  @Test func `what is too large is complete up to some preemptions`() throws {
    let result = try run(
      "--pair", "fault,fault", "--table", "private-empty", "--answers", "0", "--executions", "20000")
    #expect(result.status == 0)
    #expect(
      result.output.contains("PASS partial: 0 of 1 items complete, 1 more with at most 3 preemptions"),
      "\(result.output)")
  }

  @Test func `episodes of a scenario, and one that is given, are searched too`() throws {
    let drawn = try run("--scenario", "fault-split", "--episodes", "3", "--threads", "3", "--seed", "7")
    #expect(drawn.output.hasPrefix("PASS exhaustive: 3 of 3 items"), "\(drawn.output)")
    try Scratch.use { scratch in
      let found = try StressCommand.start(
        ["exhaust", "--quiet", "--mutant", "drop-propagate", "--pair", "fault,zap"], in: scratch
      ).finish()
      let token = try #require(found.output.firstMatch(of: /stress replay (m\d:\S+)/)?.1)
      let again = try StressCommand.start(["exhaust", "--quiet", "--episode", String(token)], in: scratch).finish()
      #expect(again.status == 1 && again.output.contains("FAIL DUP-1"), "\(again.output)")
    }
  }

  private static let why: Comment = "no kernel tree: scripts/kernel-tree 7.3 brings one"

  @Test(.enabled(if: UserTree.source != nil, why)) func `pairs of a kernel are proven, or broken with a token`() throws
  {
    try Scratch.use { scratch in
      let tree = try UserTree(in: scratch)
      let pair = ["exhaust", "--kernel-tree", "linux", "--pair", "fault,zap", "--quiet"]
      let clean = try StressCommand.start(pair, in: scratch).finish()
      #expect(clean.status == 0, "\(clean.errors)")
      #expect(clean.output.contains(/PASS exhaustive: \d of \d items, all [\d,]+ states/), "\(clean.output)")
      try tree.replace(UserTree.restore, with: ";")
      let broken = try StressCommand.start(
        ["exhaust", "--kernel-tree", "linux", "--table", "private-empty", "--quiet"], in: scratch
      ).finish()
      #expect(broken.status == 1, "\(broken.output)")
      let token = try #require(broken.output.firstMatch(of: /stress replay (k\d:\S+)/)?.1)
      let replay = try StressCommand.start(
        ["replay", "--quiet", String(token), "--kernel-tree", "linux"], in: scratch
      ).finish()
      #expect(replay.status == 1)
    }
  }

  @Test(arguments: [
    (["--pair", "fault"], "is not 2 names"), (["--pair", "fault,nonsense"], "no variant 'nonsense'"),
    (["--table", "nonsense"], "no table 'nonsense'"), (["--pair", "zap,unmap"], "no table in which"),
    (["--seed", "1"], "no --seed"), (["--shard", "3/2"], "1 <= i <= n"), (["--resume", "nowhere"], "cannot read"),
    (["--pair", "fault,zap", "--triple", "fault,zap,zap"], "one of"),
    (["--pair", "fault,zap", "--threads", "2"], "how many threads"), (["--threads", "9"], "1...8"),
    (["--preemptions", "10"], "0...9"), (["--episodes", "3"], "of a --scenario"),
    (["--scenario", "busy", "--table", "private-empty"], "none that are named"),
    (["--scenario", "nonsense"], "nonsense"), (["--episode", "nonsense"], "neither a token"),
    (["--episode", "nonsense", "--pair", "fault,zap"], "none that are named"),
    (["--count", "steps"], "steps"), (["--count", "states", "--preemptions", "1"], "takes no --count"),
    (["--count", "classes", "--kernel-tree", "nowhere"], "only states"),
  ])
  func `bad usage says what is allowed`(arguments: [String], text: String) throws {
    let result = try StressCommand.run(["exhaust"] + arguments)
    #expect(result.status == 64)
    #expect(result.errors.contains(text), "\(result.errors)")
  }
}
