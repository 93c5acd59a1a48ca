/// An execution that nobody waits for any more: it ends where it stands, and nothing is said of it.
import Campaign
import Executions
import Machine
import MirrorMMU
import Scheduling
import TestSupport
import Testing

@Suite struct EarlyEndTests {
  private func rehearsal(_ early: EarlyEnd, mutant: Mutant? = nil) throws -> (Rehearsal, Replayer) {
    // The other one finds what this one is to repeat.
    let other = try Rehearsal(mutant: mutant)
    return (
      other, try #require(Replayer(tasks: 3, subject: other.world.subject, policy: other.world.policy, early: early))
    )
  }

  @Test func `an execution that is cut breaks no rule, whatever it would have broken`() throws {
    let early = EarlyEnd()
    let (other, replayer) = try rehearsal(early, mutant: .lostZap)
    let found = try #require(other.findFailure(nil, episodes: 0..<3_000))
    #expect(replayer.replay(found.episode, found.schedule, isStrict: true).violation?.checker == .map1)
    #expect(!replayer.world.isCut)
    early.cut()
    let outcome = replayer.replay(found.schedule, isStrict: true)
    #expect(replayer.world.isCut && outcome.violation == nil && outcome.harnessFault == nil)
    #expect(!replayer.world.prepare(found.episode) && replayer.world.isCut)
  }

  @Test func `a cut that comes while threads run ends them`() throws {
    let early = EarlyEnd()
    let (_, replayer) = try rehearsal(early)
    #expect(replayer.world.prepare(Rehearsal.episode(.faultFault, seed: 1)))
    let sampler = Sampler(replayer.world)
    #expect(sampler.execute(.roundRobin, 0, SplitMix64(state: 1)))
    let whole = replayer.world.scheduler.pointee.steps
    #expect(replayer.world.end == .completed)
    // The observer is called at each step.
    Self.early = early
    replayer.world.scheduler.pointee.observer = { raw in
      let scheduler = raw.assumingMemoryBound(to: FiberScheduler.self)
      if scheduler.pointee.steps == 5 { EarlyEndTests.early?.cut() }
    }
    #expect(sampler.execute(.roundRobin, 0, SplitMix64(state: 1)))
    #expect(replayer.world.isCut && replayer.world.end == .halted)
    #expect((5...6).contains(replayer.world.scheduler.pointee.steps) && whole > 6)
  }

  nonisolated(unsafe) private static var early: EarlyEnd?

  @Test func `minimising that is to end returns what it has`() throws {
    let early = EarlyEnd()
    let rehearsal = try Rehearsal(mutant: .lostZap)
    let found = try #require(rehearsal.findFailure(nil, episodes: 0..<3_000))
    early.request()
    let (final, isMinimal) = Minimizer(found, rehearsal.replayer, early: early).run()
    early.retire()
    #expect(!isMinimal && final.size == found.size)
  }

  @Test func `a token that is not waited for is neither fixed nor failing`() throws {
    let early = EarlyEnd()
    early.cut()
    let token = try Explorations.token(Self.failing)
    #expect(TokenRegress.check(token, kernel: nil, early: early) == nil)
    let record = TokenMinimize.run(token, kernel: nil, early: early, progress: { _ in })
    #expect(record.interrupted && record.verdict == .clean && record.violations.isEmpty)
  }

  private static let failing = {
    var configuration = ExploreConfiguration(seed: 7, mutant: .thawFirst)
    configuration.minimizes = false
    configuration.failureDirectory = nil
    return Explorations.run(configuration)
  }()
}

@Suite struct LimitTests {
  private static var large: ExploreConfiguration {
    // The longest schedules that there are: eight times the grace that a limit gives.
    var configuration = ExploreConfiguration(scenario: .guestZap, seed: 1)
    configuration.threads = 1_024
    configuration.operations = 64
    configuration.jobs = 1
    configuration.failureDirectory = nil
    return configuration
  }

  @Test func `a limit leaves an execution that is too long, and a campaign of nothing is no clean one`() {
    var configuration = Self.large
    // Over before the first schedule is, however fast the machine is.
    configuration.length = .seconds(0.000_001)
    let record = Explorations.run(configuration)
    #expect(record.cut == .init(schedules: 1))
    #expect(record.exploration?.schedules == 0)
    #expect(record.verdict == .harnessFault)
    #expect(record.harnessFaults.first?.hasPrefix("no schedule of 1024 threads came to its end in time") == true)
  }

  @Test func `so does a request to stop, which is an interrupt`() {
    let record = Runs.named { name in
      let explore = Explore(configuration: Self.large, stateName: name)
      return explore.run(progress: { _ in explore.requestStop() })
    }
    #expect(record.cut == .init(schedules: 1))
    #expect(record.interrupted && record.verdict == .clean && record.exploration?.schedules == 0)
  }

  @Test func `a request to stop while a failure is minimised keeps the failure`() {
    var configuration = ExploreConfiguration(seed: 7, mutant: .lostZap)
    configuration.failureDirectory = nil
    let record = Runs.named { name in
      let explore = Explore(configuration: configuration, stateName: name)
      return explore.run(progress: { if $0.phase == "minimising" { explore.requestStop() } })
    }
    #expect(record.interrupted && record.violations.first?.checker == "MAP-1")
    // Of a machine that is too slow to replay it in time there is none.
    #expect(record.violations.first?.reproduction?.isMinimal != true)
  }
}
