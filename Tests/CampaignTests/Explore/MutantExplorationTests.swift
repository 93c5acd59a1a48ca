/// Each mutant is found, and what is told of it can be repeated.
import Campaign
import Machine
import MirrorMMU
import Scheduling
import SecureEPT
import Testing

@Suite struct MutantExplorationTests {
  @Test(arguments: Mutant.allCases, [1, 2] as [UInt64]) func `each mutant is found, minimised and verified`(
    mutant: Mutant, seed: UInt64
  ) throws {
    let record = Explorations.run(ExploreConfiguration(seed: seed, mutant: mutant, policy: mutant.policy))
    #expect(record.verdict == .violation)
    let violation = try #require(record.violations.first)
    let reproduction = try #require(violation.reproduction)
    #expect(mutant.caughtBy.map(\.name).contains(violation.checker))
    #expect(reproduction.verified == 3 && reproduction.replays == 3)
    #expect(reproduction.isMinimal)
    let size = try #require(reproduction.minimized)
    #expect(size.threads <= 3 && size.operations <= 4 && size.preemptions <= 3)
    #expect(size.operations <= reproduction.found.operations && size.preemptions <= reproduction.found.preemptions)

    let token = try Explorations.token(record)
    #expect(token.text == reproduction.token)
    #expect(token.mutant == mutant && token.checker.name == violation.checker)
    let replay = TokenReplay.run(token)
    #expect(replay.verdict == .violation)
    #expect(replay.violations.first?.checker == violation.checker)
    #expect(replay.violations.first?.seen == violation.seen)
    #expect(replay.replay?.eventHash == reproduction.eventHash)
    #expect(replay.replay?.size == size)

    // The schedule shows the mutant's mistake and nothing else's, and the threads' and not the set-up's.
    #expect(violation.moment != .setUp && size.steps > 0)
    #expect(token.episode.oddity(isKernel: false) == nil)
    let reference = try #require(reproduction.reference)
    #expect(reference.subject == "mainline" && reference.checker == nil && reference.problem == nil)
    var fixed = token
    fixed.mutant = nil
    #expect(TokenReplay.run(fixed).verdict != .violation)
    #expect(TokenRegress.check(token) == .fails(violation.checker))
    guard TokenRegress.check(fixed).isFixed else {
      Issue.record("a token whose mistake is mended is not fixed: \(TokenRegress.check(fixed))")
      return
    }
  }

  @Test func `a mutant that shows in another way than most often does so by a rule of its own`() throws {
    let record = Explorations.run(ExploreConfiguration(seed: 1017, mutant: .stealFrozen, policy: .hugeShared))
    let checker = try #require(record.violations.first?.checker)
    #expect(checker == "BUG-1" && Mutant.stealFrozen.caughtBy.map(\.name).contains(checker))
  }

  @Test func `what one thread can break is told with one thread`() throws {
    for mutant in [Mutant.thawFirst, .noFreeze, .stayFrozen, .doublePropagate] {
      let record = Explorations.run(ExploreConfiguration(seed: 4, mutant: mutant))
      let size = try #require(record.violations.first?.reproduction?.minimized)
      #expect(size.threads == 1 && size.preemptions == 0, "\(mutant)")
    }
  }

  @Test(arguments: [2, 3, 8]) func `the common model thawed first is minimised to two preemptions`(threads: Int)
    throws
  {
    for seed in 1...3 as ClosedRange<UInt64> {
      let record = Explorations.run(
        ExploreConfiguration(threads: threads, operations: 2, scenario: .micro, seed: seed, mutant: .thawFirst))
      let reproduction = try #require(record.violations.first?.reproduction)
      #expect(record.violations.first?.checker == "EQ-1")
      #expect(reproduction.minimized?.preemptions == 2)
      #expect(reproduction.verified == 3)
      #expect(TokenReplay.run(try Explorations.token(record)).verdict == .violation)
    }
  }

  @Test func `PCT of depth 2 never finds that, depth 3 does`() {
    var configuration = ExploreConfiguration(
      threads: 3, operations: 2, scenario: .micro, strategy: .pct2, length: .schedules(200_000), seed: 1,
      mutant: .thawFirst, minimizes: false)
    let two = Explorations.run(configuration)
    #expect(two.verdict == .clean && two.exploration?.schedules == 200_000)
    configuration.strategy = .pct3
    #expect(Explorations.run(configuration).verdict == .violation)
  }

  @Test func `without minimising the execution is told as it was found`() throws {
    let record = Explorations.run(ExploreConfiguration(seed: 1, mutant: .lostZap, minimizes: false))
    let reproduction = try #require(record.violations.first?.reproduction)
    #expect(reproduction.minimized == nil && reproduction.minimizingExecutions == 0)
    #expect(reproduction.verified == 3)
    #expect(record.replay == nil)
    // And can be minimised later.
    let later = TokenMinimize.run(try Explorations.token(record))
    let size = try #require(later.violations.first?.reproduction?.minimized)
    #expect(size.operations <= reproduction.found.operations)
    #expect(later.violations.first?.checker == record.violations.first?.checker)
  }
}
