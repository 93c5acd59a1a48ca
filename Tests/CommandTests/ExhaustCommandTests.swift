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

  @Test func `a violation has a token that replays`() throws {
    let result = try run("--mutant", "drop-propagate", "--pair", "fault,zap")
    #expect(result.status == 1)
    #expect(result.output.contains("verified 3/3"), "\(result.output)")
    let token = try #require(result.output.firstMatch(of: /stress replay (m1:\S+)/)?.1)
    #expect(try StressCommand.run(["replay", "--quiet", String(token)]).status == 1)
  }

  @Test(arguments: [
    (["--pair", "fault"], "is not 2 names"), (["--pair", "fault,nonsense"], "no variant 'nonsense'"),
    (["--table", "nonsense"], "no table 'nonsense'"), (["--pair", "zap,unmap"], "no table in which"),
    (["--seed", "1"], "no --seed"), (["--pair", "fault,zap", "--triple", "fault,zap,zap"], "not both"),
  ])
  func `bad usage says what is allowed`(arguments: [String], text: String) throws {
    let result = try StressCommand.run(["exhaust"] + arguments)
    #expect(result.status == 64)
    #expect(result.errors.contains(text), "\(result.errors)")
  }
}
