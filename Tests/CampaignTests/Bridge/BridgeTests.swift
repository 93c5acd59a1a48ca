/// A violation that threads met is found again on fibers and ends in a token that repeats it, or in the number of
/// schedules that did not show it.
import Campaign
import Foundation
import Machine
import MirrorMMU
import SecureEPT
import Testing

/// One at a time, in a lane of its own.
@Suite(.serialized) struct BridgeTests {
  @Test(arguments: Mutant.foundByThreads)
  func `a mutant is caught by the rule it breaks, and what threads find is repeated by a verified token`(
    mutant: Mutant
  ) throws {
    let configuration = SoakConfiguration(
      threads: 4, length: .rounds(200), seed: 0xb1d, mutant: mutant, policy: mutant.policy)
    let record = Runs.bridged(configuration)
    #expect(record.verdict == .violation)
    #expect(record.mutant == mutant.rawValue)
    let violation = try #require(record.violations.first)
    #expect(mutant.caughtBy.map(\.name).contains(violation.checker), "\(violation.expected): \(violation.seen)")
    #expect(violation.rule == CheckerID(name: violation.checker)?.rule)
    let reproduction = try #require(violation.reproduction)
    #expect(reproduction.verified == 3 && reproduction.replays == 3, "\(violation.checker)")
    #expect(reproduction.bridgedSchedules ?? 0 > 0)
    let token = try Token(parsing: reproduction.token)
    #expect(token.checker.name == violation.checker)
    #expect(token.mutant == mutant)
    let replayed = TokenReplay.run(token)
    #expect(replayed.violations.map(\.checker) == [violation.checker])
    #expect(Runs.option("--mutant", in: violation.command) == mutant.rawValue)
    #expect(replayed.violations.first?.moment != .setUp)
    #expect(token.episode.oddity(isKernel: false) == nil)
    #expect(reproduction.reference.map { $0.checker == nil && $0.problem == nil } == true)
  }

  @Test func `a soak that is not to be bridged says nothing of schedules`() throws {
    var configuration = SoakConfiguration(threads: 2, length: .rounds(2), seed: 1, mutant: .thawFirst)
    configuration.bridges = false
    let record = Runs.bridged(configuration)
    let violation = try #require(record.violations.first)
    #expect(violation.reproduction == nil)
  }

  @Test func `what was bridged is kept on disk`() throws {
    try Scratch.use { scratch in
      var configuration = SoakConfiguration(threads: 2, length: .rounds(2), seed: 1, mutant: .thawFirst)
      configuration.failureDirectory = scratch.file("failures")
      let record = Runs.bridged(configuration)
      let reproduction = try #require(record.violations.first?.reproduction)
      let entries = try FailureArchive(directory: scratch.file("failures")).list()
      let kept = try entries.map { try FailureArchive.read($0.path).text }
      #expect(kept == [reproduction.token])
    }
  }
}

@Suite struct BridgeBudgetTests {
  private func found(_ mutant: Mutant? = nil, _ checker: CheckerID = .ord4) -> ThreadViolation {
    BridgeCase.racing(BridgeCase.configuration(mutant: mutant), checker: checker)
  }

  @Test(arguments: [1, 777, 5_000] as [UInt64])
  func `what no schedule shows is told with their number and no token`(schedules: UInt64) throws {
    let reproduction = try #require(Bridge(found(), budget: .init(schedules: schedules)).run())
    #expect(reproduction.token.isEmpty)
    #expect(reproduction.bridgedSchedules == schedules)
    #expect(reproduction.verified == 0 && reproduction.replays == 0)
    #expect(reproduction.interleaving == nil)
  }

  @Test func `a budget of steps ends the search`() throws {
    let reproduction = try #require(Bridge(found(), budget: .init(steps: 50_000)).run())
    #expect(reproduction.token.isEmpty)
    #expect(1..<5_000 ~= reproduction.bridgedSchedules ?? 0)
  }

  @Test func `another rule than the one that threads saw broken is not taken for it`() throws {
    let budget = Bridge.Budget(schedules: 4_000)
    let own = try #require(Bridge(found(.noRestore, .frz3), budget: budget).run())
    #expect(own.verified == 3)
    let other = try #require(Bridge(found(.noRestore, .ord4), budget: budget).run())
    #expect(other.token.isEmpty)
    #expect(other.bridgedSchedules == 4_000)
  }

  @Test func `a request to stop ends the search`() throws {
    #expect(Bridge(found(), isStopped: { true }).run() == nil)
    var looks = 0
    let bridge = Bridge(
      found(),
      isStopped: {
        looks += 1
        return looks > 40
      })
    let reproduction = try #require(bridge.run())
    #expect(reproduction.token.isEmpty)
    #expect(1..<20_000 ~= reproduction.bridgedSchedules ?? 0)
  }

  @Test func `a place outside of all the guest's memory does no harm`() throws {
    var found = found()
    found.violation.gfn = .max
    found.violation.task = -1
    #expect(Bridge(found, budget: .init(schedules: 200)).run()?.bridgedSchedules == 200)
    found.moment = .atRest
    #expect(Bridge(found, budget: .init(schedules: 200)).run()?.bridgedSchedules == 200)
  }

  @Test func `the same violation gives the same token after the same number of schedules`() throws {
    let found = found(.noRestore, .frz3)
    let first = try #require(Bridge(found).run())
    #expect(first.verified == 3)
    #expect(Bridge(found).run() == first)
  }

  @Test func `scenarios take over where the round's own operations do not show it`() throws {
    // Nothing was begun but one operation that breaks no such rule.
    let configuration = BridgeCase.configuration(mutant: .noTrack)
    let reproduction = try #require(
      Bridge(BridgeCase.racing(configuration, checker: .tlb1, task: 0, begun: [1])).run())
    #expect(reproduction.scenario != RunRecord.Reproduction.roundScenario)
    #expect(reproduction.verified == 3)
  }
}
