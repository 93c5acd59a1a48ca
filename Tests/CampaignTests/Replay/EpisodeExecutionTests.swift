import Campaign
import Foundation
import Machine
import MirrorMMU
import Scheduling
import SecureEPT
import TestSupport
import Testing

/// Episodes that are run: as they are written, whether or not they break a rule.
@Suite struct EpisodeExecutionTests {
  private static func example(_ name: String) throws -> EpisodeText {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "../../../docs/examples/\(name).episode")
    return try EpisodeText(parsing: String(decoding: Data(contentsOf: url), as: UTF8.self))
  }

  @Test func `the episodes that the page shows are the files that it runs`() throws {
    let docs = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../../docs")
    let page = String(decoding: try Data(contentsOf: docs.appendingPathComponent("episodes.md")), as: UTF8.self)
    let shown = page.matches(of: /```episode\n((?:.*\n)*?)```/).map { String($0.1) }
    let files = try FileManager.default.contentsOfDirectory(atPath: docs.appendingPathComponent("examples").path).map {
      String(decoding: try Data(contentsOf: docs.appendingPathComponent("examples/\($0)")), as: UTF8.self)
    }
    #expect(shown.count == 2 && shown.allSatisfy(files.contains))
    for file in files { _ = try EpisodeText(parsing: file) }
  }

  @Test func `a passing schedule is told step by step, as its turns say`() throws {
    let result = try EpisodeExecution.run(Self.example("faults"))
    #expect(result.record.verdict == .clean)
    let replay = try #require(result.record.replay)
    #expect(replay.expectedChecker == nil && replay.token == "")
    let interleaving = try #require(replay.interleaving)
    #expect(interleaving.blamed == nil)
    let threads = interleaving.rows.map(\.thread).reduce(into: [Int]()) { if $0.last != $1 { $0.append($1) } }
    #expect(threads.prefix(2) == [0, 1])
    #expect(interleaving.rows.prefix { $0.thread == 0 }.reduce(0) { $0 + $1.repeats } == 12)
    #expect(interleaving.rows.contains { $0.thread == 1 && $0.matters && $0.action == "read FROZEN" })
  }

  @Test func `what breaks a rule gets a token, and its text is the token`() throws {
    let result = try EpisodeExecution.run(Self.example("lost-zap"))
    #expect(result.record.violations.map(\.checker) == ["MAP-1"])
    let token = try #require(result.text.token)
    #expect(result.record.violations[0].command == "stress replay \(token.text)")
    #expect(try EpisodeText(parsing: result.text.text).token == token)
    let replayed = TokenReplay.run(token)
    #expect(replayed.violations.map(\.checker) == ["MAP-1"])
    #expect(replayed.replay?.eventHash == replayed.replay?.expectedEventHash)
  }

  @Test func `a schedule by turns, and the same written out, are one execution`() throws {
    let text = try Self.example("faults")
    let first = try EpisodeExecution.run(text)
    guard case .schedule(let schedule) = first.text.plan else {
      Issue.record("the schedule is not written out")
      return
    }
    #expect(!schedule.switches.isEmpty)
    let second = try EpisodeExecution.run(EpisodeText(parsing: first.text.text))
    #expect(first.record.replay?.eventHash == second.record.replay?.eventHash)
  }

  @Test(arguments: StrategyName.allCases)
  func `a seed draws the same schedule again`(strategy: StrategyName) throws {
    var text = try Self.example("faults")
    text.plan = .seed(7, strategy)
    let (first, second) = (try EpisodeExecution.run(text), try EpisodeExecution.run(text))
    #expect(first.text == second.text && first.record.replay == second.record.replay)
  }

  @Test func `the text of a token is run as the token`() throws {
    let failing = try Failing.search(.noRestore, .busy, minimized: true)
    let finding = failing.finding
    let token = Token(
      protocolName: .mainline, mutant: .noRestore, episode: finding.episode, schedule: finding.schedule,
      checker: finding.violation.checker, eventHash: finding.eventHash)
    let record = try EpisodeExecution.run(EpisodeText(token)).record
    #expect(record.violations.map(\.checker) == [token.checker.name])
    #expect(record.replay?.expectedEventHash == record.replay?.eventHash)
    #expect(record.replay?.token == token.text)
  }

  @Test func `a mutant that a protocol does not have is refused`() throws {
    var text = try Self.example("faults")
    let other = try #require(ProtocolName.allCases.first { !Mutant.thawFirst.applies(to: $0) })
    (text.protocolName, text.mutant) = (other, .thawFirst)
    #expect(throws: EpisodeTextError.self) { try EpisodeExecution.run(text) }
  }

  @Test func `whatever can be read can be run`() throws {
    var draws = SplitMix64(seed: 5, .layout)
    for index in 0..<60 {
      var threads: [[Request]] = []
      let regions = (0..<(1 + draws.below(2))).map { _ in
        Episode.Region(isPrivate: draws.next() & 1 == 0, allowsHuge: draws.next() & 1 == 0)
      }
      for _ in 0..<(1 + draws.below(3)) {
        threads.append(
          (0..<draws.below(3)).map { _ in
            let start = draws.below(UInt64(regions.count) * 512)
            let length = 1 + draws.below(min(40, UInt64(regions.count) * 512 - start))
            let operation = Operation.allCases[Int(draws.below(UInt64(Operation.allCases.count)))]
            return Request(operation: operation, range: start..<(start + length), draw: draws.below(256))
          })
      }
      let bound = UInt64(threads.count)
      let turns = (0..<draws.below(6)).map { _ in
        EpisodeText.Turn(thread: Int(draws.below(bound)), steps: draws.next() & 1 == 0 ? nil : Int(draws.below(30)))
      }
      let policy = Policy.allCases[index % 3]
      let episode = Episode(
        scenario: "by-hand", policy: policy, regions: regions,
        populated: Array(threads.joined()), threads: threads, injectsBusy: index % 4 == 0, mayYield: index % 3 == 0,
        endsInTeardown: index % 5 == 0)
      let text = EpisodeText(
        protocolName: .mainline, mutant: nil, episode: episode,
        plan: index % 2 == 0 ? .turns(turns, answers: []) : .seed(UInt64(index), .randomWalk))
      let result = try EpisodeExecution.run(text)
      #expect(result.record.harnessFaults == [], "\(text.text)")
    }
  }
}
