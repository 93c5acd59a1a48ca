/// The expectations file: what is read, what is refused, and what `--update` writes.
import Campaign
import Expected
import Foundation
import Testing

@Suite struct MatrixExpectationsTests {
  struct Bad: Sendable, CustomTestStringConvertible {
    var text: String
    var message: String

    init(_ text: String, _ message: String) {
      self.text = text
      self.message = message
    }

    var testDescription: String { message }
  }

  private static let cell =
    #"{"protocol":"mainline","policies":["4k"],"scenarios":["busy"],"outcome":"DUP-1","reason":"why"}"#

  private static func cells(_ cells: String) -> String { #"{"cells":[\#(cells)],"mutants":[]}"# }
  private static func changed(_ old: String, _ new: String) -> String {
    var parts = cell.components(separatedBy: old)
    precondition(parts.count == 2, "\(old) stands in the sample once")
    parts.insert(new, at: 1)
    return cells(parts.joined())
  }
  private static func mutants(_ mutants: String) -> String { #"{"cells":[],"mutants":[\#(mutants)]}"# }

  static let bad: [Bad] = [
    Bad("", "it is not valid JSON"), Bad("{\n\"cells\": [,\n", "it is not valid JSON, line 2"),
    Bad("[]", "the whole must be an object with cells, mutants"), Bad("{}", "cells is missing"),
    Bad(#"{"cells":[]}"#, "mutants is missing"), Bad(#"{"cells":{},"mutants":[]}"#, "cells must be an array"),
    Bad(#"{"cells":[],"mutants":[],"x":1}"#, "x is not known; allowed in the whole: cells, mutants"),
    Bad(cells("1"), "cells[0] must be an object"),
    Bad(changed(#","reason":"why""#, ""), "cells[0].reason is missing"),
    Bad(changed(#""why""#, #""""#), "cells[0].reason must be a text that is not empty"),
    Bad(changed(#""mainline""#, #""mainlin""#), "cells[0].protocol is 'mainlin', a name that is not known"),
    Bad(changed(#""4k""#, #""8k""#), "cells[0].policies[0] is '8k', a name that is not known"),
    Bad(changed(#""4k""#, "4"), "cells[0].policies[0] must be a text"),
    Bad(changed(#"["4k"]"#, #""4k""#), "cells[0].policies must be an array"),
    Bad(changed(#""4k""#, ""), "cells[0].policies must name at least one, and each of them once"),
    Bad(changed(#""4k""#, #""4k","4k""#), "cells[0].policies must name at least one, and each of them once"),
    Bad(
      changed(#""4k""#, #""4k","all""#),
      #"cells[0].policies must name at least one, and each of them once, or be ["all"]"#),
    Bad(changed(#""busy""#, #""micro""#), "cells[0].scenarios[0] is 'micro', a name that is not known"),
    Bad(changed(#""busy""#, #""all","busy""#), "cells[0].scenarios must name at least one"),
    Bad(changed(#""DUP-1""#, #""OK""#), "cells[0].outcome is 'OK', a name that is not known"),
    Bad(changed(#""DUP-1""#, #"["DUP-1","X"]"#), "cells[0].outcome[1] is 'X', a name that is not known"),
    Bad(changed(#""DUP-1""#, "[]"), "cells[0].outcome must name at least one checker, and each of them once"),
    Bad(changed(#""DUP-1""#, #"["EQ-1","EQ-1"]"#), "cells[0].outcome must name at least one checker"),
    Bad(changed(#""why""#, #""why","within":0"#), "cells[0].within must be a whole number"),
    Bad(changed(#""why""#, #""why","within":1.5"#), "cells[0].within must be a whole number"),
    Bad(changed(#""why""#, #""why","within":true"#), "cells[0].within must be a whole number"),
    Bad(changed(#""why""#, #""why","note":"x""#), "cells[0].note is not known"),
    Bad(cells(cell + "," + cell), "cells[1] is about the same cell as cells[0]: mainline, 4k, busy"),
    Bad(
      cells(cell + "," + cell.replacingOccurrences(of: #""4k""#, with: #""all""#)),
      "cells[1] is about the same cell as cells[0]: mainline, 4k, busy"),
    Bad(mutants(#"{}"#), "mutants[0].mutant is missing"),
    Bad(mutants(#"{"mutant":"lost"}"#), "mutants[0].mutant is 'lost', a name that is not known"),
    Bad(mutants(#"{"mutant":"lost-zap","checkers":[3]}"#), "mutants[0].checkers[0] must be a text"),
    Bad(
      mutants(#"{"mutant":"lost-zap","threads":{"mayMiss":1,"reason":"x"}}"#),
      "mutants[0].threads.mayMiss must be true or false"),
    Bad(mutants(#"{"mutant":"lost-zap","threads":{"mayMiss":true}}"#), "mutants[0].threads.reason is missing"),
    Bad(
      mutants(#"{"mutant":"lost-zap"},{"mutant":"lost-zap"}"#),
      "mutants[1] is about the same mutant as mutants[0]: lost-zap"),
  ]

  @Test(arguments: bad) func `what is wrong is told with its place`(bad: Bad) throws {
    let error = try #require(throws: ConfigurationTextError.self) {
      try MatrixExpectations(parsing: Array(bad.text.utf8))
    }
    #expect(error.message.hasPrefix(bad.message), "\(error.message)")
    #expect(!error.message.contains("\n"))
  }

  @Test func `what was read is written and read again`() throws {
    let text =
      #"{"cells":[\#(Self.cell),{"protocol":"mainline","policies":["huge"],"scenarios":["random"],"#
      + #""outcome":["EQ-1","ORD-4"],"reason":"a race","within":90000}],"#
      + #""mutants":[{"mutant":"lost-zap","checkers":["MAP-1"],"threads":{"mayMiss":true,"reason":"narrow"}}]}"#
    let read = try MatrixExpectations(parsing: Array(text.utf8))
    #expect(read.cells.map(\.outcomes) == [["DUP-1"], ["EQ-1", "ORD-4"]])
    #expect(read.cells.map(\.within) == [nil, 90_000])
    #expect(read.mutants.first?.threads == .init(mayMiss: true, reason: "narrow"))
    let written = try read.text()
    #expect(try MatrixExpectations(parsing: Array(written.utf8)) == read)
    #expect(try MatrixExpectations(parsing: Array(written.utf8)).text() == written)
  }

  // MARK: Grouping

  private static func entry(_ policies: String, _ scenarios: String, _ reason: String = "why") -> String {
    #"{"protocol":"mainline","policies":[\#(policies)],"scenarios":[\#(scenarios)],"outcome":"EQ-1","#
      + #""reason":"\#(reason)"}"#
  }

  /// The policies and scenarios of each entry that is written for these.
  private func grouped(_ entries: String...) throws -> [String] {
    let written = try MatrixExpectations(parsing: Array(Self.cells(entries.joined(separator: ",")).utf8)).text()
    #expect(try MatrixExpectations(parsing: Array(written.utf8)).text() == written)
    let lines = written.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    func values(_ key: String) -> [String] {
      lines.filter { $0.hasPrefix("\"\(key)\": ") }.map {
        String($0.dropFirst(key.count + 4)).replacing(#"""#, with: "")
      }
    }
    return zip(values("policies"), values("scenarios")).map { "\($0)\($1)" }
  }

  @Test func `one reason is one entry where its cells are every scenario under every policy`() throws {
    let entries = [
      Self.entry(#""huge""#, #""busy""#), Self.entry(#""4k""#, #""busy","random""#),
      Self.entry(#""huge""#, #""random""#),
    ]
    #expect(try grouped(entries[0], entries[1], entries[2]) == ["[4k, huge],[busy, random],"])
    #expect(try grouped(entries[2], entries[1], entries[0]) == ["[4k, huge],[busy, random],"])
  }

  @Test func `cells that are no such product are written in the fewest entries, none of which says more`() throws {
    let busy = Self.entry(#""all""#, #""busy""#)
    let random = Self.entry(#""4k","huge""#, #""random","teardown""#)
    #expect(try grouped(busy, random) == ["[all],[busy],", "[4k, huge],[teardown, random],"])
    // One scenario under each policy, and one policy with more of them: by policy it is two entries, by scenario three.
    let more = Self.entry(#""huge-shared""#, #""busy","random","teardown""#)
    let less = Self.entry(#""4k""#, #""busy","fault-split""#)
    #expect(
      try grouped(more, less) == ["[4k],[fault-split, busy],", "[huge-shared],[busy, teardown, random],"])
  }

  @Test func `cells with reasons of their own stay apart, whatever else they share`() throws {
    let other = Self.entry(#""4k""#, #""random""#, "another")
    #expect(try grouped(Self.entry(#""4k""#, #""busy""#), other) == ["[4k],[busy],", "[4k],[random],"])
  }

  @Test func `all stands for every name, and is written for it`() throws {
    let text = Self.cells(Self.entry(#""all""#, #""all""#))
    let cells = try MatrixExpectations(parsing: Array(text.utf8)).cells
    #expect(cells.count == MatrixConfiguration().policies.count * MatrixConfiguration.allScenarios.count)
    #expect(try grouped(Self.entry(#""all""#, #""all""#)) == ["[all],[all],"])
  }

  @Test func `the checked-in expectations can be read, are in their own order, and each has a reason`() throws {
    let expectations = try MatrixExpectations(parsing: Expected.matrix)
    #expect(expectations.cells.allSatisfy { $0.reason != MatrixExpectations.unexplained })
    #expect(try expectations.text() == String(decoding: Expected.matrix, as: UTF8.self))
  }

  // MARK: Update

  private static func seen(
    _ scenario: String, _ outcome: String, expected: [String] = ["OK"], schedule: UInt64 = 10, mutant: String? = nil
  ) -> MatrixRecord.Cell {
    let size = RunRecord.Size(operations: 1, threads: 1, steps: 1, preemptions: 0)
    let isBroken = CheckerNames.all.contains(outcome)
    return .init(
      protocol: "mainline", mutant: mutant, policy: "4k", scenario: scenario, strategy: "portfolio", limit: 100,
      schedules: 100, distinctSchedules: 1, outcome: outcome, expected: expected, reason: nil,
      failure: isBroken
        ? .init(
          schedule: schedule, token: "m1:A", eventHash: "0x0", found: size, minimized: nil, verified: 3, replays: 3,
          command: "") : nil)
  }

  private enum CheckerNames { static let all = ["DUP-1", "EQ-1", "LIV-1"] }

  private static func record(_ cells: [MatrixRecord.Cell], mutants: [MatrixRecord.Cell] = []) -> MatrixRecord {
    var record = MatrixRecord(seed: "0x1", threads: 3, operationsPerThread: 3, quick: true)
    record.protocols = ["mainline"]
    record.policies = ["4k"]
    record.mutants = mutants.compactMap(\.mutant)
    record.strategies = ["portfolio"]
    record.cells = cells
    record.mutantCells = mutants
    record.verdict = .differs
    return record
  }

  private static func expectation(_ scenario: String, _ outcomes: String...) -> MatrixExpectations.Cell {
    .init(protocol: "mainline", policy: "4k", scenario: scenario, outcomes: outcomes, reason: "why \(scenario)")
  }

  @Test func `an update adds what failed, drops what is clean, keeps reasons and what did not run`() {
    let old = MatrixExpectations(cells: [
      Self.expectation("busy", "DUP-1"), Self.expectation("random", "DUP-1"), Self.expectation("lockless", "DUP-1"),
      Self.expectation("teardown", "DUP-1", "EQ-1"), Self.expectation("guest-zap", "DUP-1"),
    ])
    let new = old.updated(
      from: Self.record([
        Self.seen("fault-zap", "EQ-1"), Self.seen("fault-fault", "DUP-1", schedule: 400_000),
        Self.seen("busy", "OK", expected: ["DUP-1"]), Self.seen("random", "EQ-1", expected: ["DUP-1"]),
        Self.seen("lockless", "unfinished", expected: ["DUP-1"]),
        Self.seen("teardown", "EQ-1", expected: ["DUP-1", "EQ-1"]), Self.seen("fault-split", "unfinished"),
      ]))
    #expect(
      new.cells == [
        .init(protocol: "mainline", policy: "4k", scenario: "random", outcomes: ["EQ-1"], reason: "why random"),
        Self.expectation("lockless", "DUP-1"), Self.expectation("teardown", "DUP-1", "EQ-1"),
        Self.expectation("guest-zap", "DUP-1"),
        .init(
          protocol: "mainline", policy: "4k", scenario: "fault-zap", outcomes: ["EQ-1"],
          reason: MatrixExpectations.unexplained),
        .init(
          protocol: "mainline", policy: "4k", scenario: "fault-fault", outcomes: ["DUP-1"],
          reason: MatrixExpectations.unexplained, within: 800_002),
      ])
  }

  @Test func `an update adds a checker that caught a mutant, and never that it survived`() {
    let old = MatrixExpectations(mutants: [
      .init(mutant: "lost-zap", threads: .init(mayMiss: true, reason: "narrow"))
    ])
    let mutants = [
      Self.seen("all", "LIV-1", expected: ["MAP-1"], mutant: "lost-zap"),
      Self.seen("all", "OK", expected: ["ORD-2"], mutant: "thaw-first"),
    ]
    #expect(
      old.updated(from: Self.record([], mutants: mutants)).mutants == [
        .init(
          mutant: "lost-zap", checkers: ["MAP-1", "LIV-1"], threads: .init(mayMiss: true, reason: "narrow"))
      ])
  }
}
