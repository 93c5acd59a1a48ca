/// Small matrices with the real engine.
import Campaign
import Foundation
import MirrorMMU
import SecureEPT
import Testing

@Suite struct MatrixTests {
  /// Two cells of the protocol, expected clean.
  private static var protocols: MatrixConfiguration {
    var configuration = MatrixConfiguration()
    configuration.parts = [.protocols]
    configuration.protocols = [.mainline]
    configuration.scenarios = [.faultFault, .random]
    configuration.policies = [.fourK]
    configuration.isQuick = true
    configuration.minimizes = false
    configuration.schedules = 96
    return configuration
  }

  private static func mutants(_ mutants: Mutant...) -> MatrixConfiguration {
    var configuration = protocols
    configuration.parts = [.mutants]
    configuration.mutants = mutants
    configuration.threadSeconds = 0
    configuration.pairExecutions = 0
    return configuration
  }

  private func run(_ configuration: MatrixConfiguration) -> MatrixRecord {
    Runs.named { Matrix(configuration: configuration, stateName: $0).run() }
  }

  @Test func `clean cells are as expected and run all their schedules`() throws {
    let record = run(Self.protocols)
    #expect(record.verdict == .asExpected)
    #expect(record.cells.map(\.scenario) == ["fault-fault", "random"])
    #expect(record.cells.allSatisfy { $0.outcome == "OK" && $0.schedules == 96 && $0.limit == 96 })
    #expect(record.cells.allSatisfy { (1...96).contains($0.distinctSchedules) })
    #expect(record.schedules == 192)
    #expect(record.differences.isEmpty && record.mutantCells.isEmpty && record.timing.threadRuns.isEmpty)
  }

  @Test func `a cell that is OK where a failure is expected differs, after more schedules`() throws {
    var configuration = Self.protocols
    configuration.scenarios = [.teardown]
    configuration.expectations.cells = [
      .init(
        protocol: "mainline", policy: "4k", scenario: "teardown", outcomes: ["DUP-1", "EQ-1"], reason: "a test")
    ]
    let record = run(configuration)
    #expect(record.verdict == .differs)
    let cell = try #require(record.cells.first)
    #expect(cell.outcome == "OK" && cell.schedules == cell.limit && cell.limit > 96)
    #expect(cell.reason == "a test")
    let difference = try #require(record.differences.first)
    #expect(difference.cell == "protocol mainline, policy 4k, scenario teardown")
    #expect(difference.expected == ["DUP-1", "EQ-1"])
    #expect(difference.seen == "OK" && difference.token.isEmpty)
    #expect(difference.command.hasPrefix("stress explore "))
    #expect(difference.command.contains("--scenario teardown --schedules \(cell.limit)"))
    #expect(!record.hasSurvivor)
  }

  @Test func `a caught mutant has a token for every strategy, each verified`() throws {
    let record = run(Self.mutants(.thawFirst, .lostZap))
    #expect(record.verdict == .asExpected)
    #expect(record.mutantCells.count == 2 * record.strategies.count)
    for cell in record.mutantCells where cell.isBroken {
      let failure = try #require(cell.failure)
      #expect(failure.verified == failure.replays && failure.replays > 0)
      let token = try Token(parsing: failure.token)
      #expect(token.mutant?.rawValue == cell.mutant)
      #expect(token.checker.name == cell.outcome)
      #expect(TokenReplay.run(token).violations.first?.checker == cell.outcome)
    }
    #expect(record.mutantCells.filter { $0.strategy == "portfolio" }.map(\.outcome) == ["ORD-2", "MAP-1"])
  }

  @Test func `every pair is searched for a mutant, with no scenario named`() throws {
    var configuration = Self.mutants(.thawFirst, .dropPropagate)
    configuration.pairExecutions = 200
    let record = run(configuration)
    #expect(record.verdict == .asExpected && record.strategies.last == "exhaust")
    let cells = record.mutantCells.filter { $0.strategy == "exhaust" }
    #expect(cells.map(\.outcome) == ["ORD-2", "DUP-1"] && cells.allSatisfy { $0.scenario == "pairs" })
    let found = try #require(cells.last?.failure)
    #expect(found.schedule > 0 && found.verified == found.replays && found.minimized == nil)
    #expect(try TokenReplay.run(Token(parsing: found.token)).violations.first?.checker == "DUP-1")
    let command = "stress exhaust --mutant drop-propagate --executions 200 --pair fault,zap --table private-empty"
    #expect(found.command == command)
  }

  @Test func `a mutant that no pair shows differs`() throws {
    var configuration = Self.mutants(.lostZap)
    configuration.pairExecutions = 1
    let record = run(configuration)
    #expect(record.differences.map(\.cell) == ["mutant lost-zap, strategy exhaust"])
    #expect(record.differences.first?.seen == "survived")
    #expect(record.differences.first?.command == "stress exhaust --mutant lost-zap --executions 1")
  }

  @Test func `minimising makes the failing execution smaller`() throws {
    var configuration = Self.mutants(.noRestore)
    let found = try #require(run(configuration).mutantCells.first?.failure)
    configuration.minimizes = true
    let minimized = try #require(run(configuration).mutantCells.first?.failure)
    #expect(found.minimized == nil)
    #expect(minimized.found == found.found)
    #expect(try #require(minimized.minimized).operations < found.found.operations)
    #expect(minimized.token != found.token && minimized.verified == minimized.replays)
  }

  @Test func `a mutant that the default strategy lets survive differs, once`() throws {
    var configuration = Self.mutants(.lostZap)
    configuration.mutantCap = 1
    let record = run(configuration)
    #expect(record.mutantCells.allSatisfy { $0.outcome == "OK" && $0.schedules == 1 })
    #expect(record.verdict == .differs && record.hasSurvivor)
    #expect(record.differences.map(\.cell) == ["mutant lost-zap, strategy portfolio"])
    #expect(record.differences.first?.seen == "survived")
    #expect(record.differences.first?.command.contains("--mutant lost-zap") == true)
  }

  @Test func `a mutant that another checker catches differs in every cell, with its token`() throws {
    var configuration = Self.mutants(.thawFirst)
    configuration.expectations.mutants = [.init(mutant: "thaw-first", checkers: ["LIV-1"])]
    let record = run(configuration)
    #expect(record.verdict == .differs && !record.hasSurvivor)
    #expect(record.differences.count == record.strategies.count)
    for difference in record.differences {
      #expect(difference.expected == ["LIV-1"] && difference.seen == "ORD-2")
      #expect(difference.command.contains("--first-schedule "))
      #expect(try Token(parsing: difference.token).checker.name == "ORD-2")
    }
  }

  @Test func `threads race with a mutant unless they may miss it`() throws {
    var configuration = Self.mutants(.thawFirst, .lostZap)
    configuration.threadSeconds = 600
    configuration.expectations.mutants = [
      .init(mutant: "lost-zap", threads: .init(mayMiss: true, reason: "a narrow race"))
    ]
    Runs.named { name in
      let record = Matrix(configuration: configuration, stateName: name).run()
      #expect(record.timing.threadRuns.map(\.outcome) == ["ORD-2", "skipped"])
      #expect(record.timing.threadRuns.map(\.mayMiss) == [nil, "a narrow race"])
      #expect(record.verdict == .asExpected)
      #expect(!FileManager.default.fileExists(atPath: Runs.statePath(name)))
    }
  }

  @Test func `records of any number of jobs are equal but for their timing`() throws {
    var configuration = Self.mutants(.lostZap, .earlyFree)
    configuration.parts = MatrixConfiguration.Part.allCases
    configuration.schedules = 64
    // Enough that some strategies find the one that is rare, and some do not.
    configuration.mutantCap = 2_000
    let one = try encoded(run(configuration))
    for jobs in 2...3 {
      configuration.jobs = jobs
      #expect(try encoded(run(configuration)) == one)
    }
    configuration.seed = 2
    #expect(try encoded(run(configuration)) != one)
  }

  @Test func `a stop before the end leaves the cells that did not end unfinished, and no difference`() throws {
    var configuration = Self.protocols
    configuration.schedules = 1_000_000_000_000
    configuration.parts = MatrixConfiguration.Part.allCases
    let record = Runs.named { name in
      let matrix = Matrix(configuration: configuration, stateName: name)
      return matrix.run(progress: { _ in matrix.requestStop() })
    }
    #expect(record.interrupted)
    #expect(record.cells.map(\.outcome) == ["unfinished", "unfinished"])
    #expect(record.cells[0].schedules > 0 && record.cells[1].schedules == 0)
    #expect(record.mutantCells.allSatisfy { $0.outcome == "unfinished" })
    #expect(record.timing.threadRuns.allSatisfy { $0.outcome == "unfinished" })
    #expect(record.verdict == .asExpected && record.differences.isEmpty)
  }

  @Test func `a full matrix has a million schedules or more of a protocol`() {
    let cells = UInt64(MatrixConfiguration.allScenarios.count * Policy.allCases.count)
    #expect(MatrixConfiguration.fullSchedules * cells >= 1_000_000)
  }

  private func encoded(_ record: MatrixRecord) throws -> String {
    var record = record
    record.timing = .init(elapsedSeconds: 0, jobs: 0, threadRuns: [])
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    return String(decoding: try encoder.encode(record), as: UTF8.self)
  }
}
