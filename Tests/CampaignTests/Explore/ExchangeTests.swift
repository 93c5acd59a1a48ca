/// That a small episode is left for another once its schedules only repeat each other.
import Campaign
import MirrorMMU
import Testing

struct ExchangeTests {
  private static func small(_ seed: UInt64, mutant: Mutant? = nil) -> ExploreConfiguration {
    ExploreConfiguration(threads: 2, operations: 1, length: .schedules(4_800), seed: seed, mutant: mutant)
  }

  @Test func `as many schedules meet more classes`() throws {
    var configuration = Self.small(1)
    let with = try #require(Explorations.run(configuration).exploration)
    configuration.exchanges = false
    let without = try #require(Explorations.run(configuration).exploration)
    #expect(with.schedules == without.schedules)
    #expect(
      with.distinctSchedules * 6 > without.distinctSchedules * 7,
      "\(with.distinctSchedules), \(without.distinctSchedules)")
  }

  @Test func `what larger episodes run stays what it was`() throws {
    var configuration = ExploreConfiguration(length: .schedules(640), seed: 1)
    let with = Explorations.run(configuration)
    configuration.exchanges = false
    #expect(try Runs.encoded(Explorations.run(configuration)) == Runs.encoded(with))
  }

  @Test func `records of any number of jobs and of shards are those of one`() throws {
    var configuration = Self.small(7)
    let one = Explorations.run(configuration)
    configuration.jobs = 2
    #expect(try Runs.encoded(Explorations.run(configuration)) == Runs.encoded(one))
  }

  @Test(arguments: [Mutant.ignoreFrozen, .staleFault]) func `a failure is found again, whichever part it is in`(
    _ mutant: Mutant
  ) throws {
    for seed in 1...4 as ClosedRange<UInt64> {
      var configuration = Self.small(seed, mutant: mutant)
      let found = Explorations.run(configuration)
      let reproduction = try #require(found.violations.first?.reproduction)
      #expect(found.harnessFaults.isEmpty && reproduction.verified == reproduction.replays)
      configuration.firstSchedule = reproduction.schedule
      configuration.length = .schedules(16)
      #expect(Explorations.run(configuration).violations == found.violations)
    }
  }
}
