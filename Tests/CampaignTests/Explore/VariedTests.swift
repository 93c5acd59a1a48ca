/// Campaigns that make episodes of others: what they learn is part of the record, and of nothing else.
import Campaign
import Executions
import Machine
import MirrorMMU
import Scheduling
import Testing

@Suite struct VariedTests {
  private func configuration(_ schedules: UInt64, mutant: Mutant? = nil, seed: UInt64 = 5) -> ExploreConfiguration {
    var configuration = ExploreConfiguration(length: .schedules(schedules), seed: seed, mutant: mutant)
    configuration.varies = true
    return configuration
  }

  @Test func `records of any number of jobs are equal but for their timing`() throws {
    // Three families, the last of them cut.
    var configuration = configuration(16 * 256 * 2 + 777)
    let one = Explorations.run(configuration)
    #expect(one.verdict == .clean && one.exploration?.schedules == 16 * 256 * 2 + 777)
    #expect(one.exploration?.scenario == "varied")
    for jobs in 2...3 {
      configuration.jobs = jobs
      #expect(try Runs.encoded(Explorations.run(configuration)) == Runs.encoded(one))
    }
  }

  @Test func `n shards are the whole`() {
    var configuration = configuration(16 * 256 * 3 + 5)
    let whole = Explorations.run(configuration)
    let shards = (1...2 as ClosedRange<UInt64>).map { index in
      configuration.shard = .init(index: index, count: 2)
      return Explorations.run(configuration)
    }
    func sum(_ records: [RunRecord], _ value: (RunRecord) -> UInt64) -> UInt64 { records.reduce(0) { $0 + value($1) } }
    for value in [
      { $0.exploration?.schedules ?? 0 }, { $0.exploration?.schedulePoints ?? 0 }, { $0.operations },
    ] as [(RunRecord) -> UInt64] {
      #expect(sum(shards, value) == sum([whole], value))
    }
  }

  /// An episode in the middle of a family is made of those before it.
  @Test func `chunks are the same whoever begins with them`() {
    var configuration = configuration(16 * 80)
    let whole = Explorations.run(configuration)
    let parts = [(0, 33), (33, 34), (34, 51), (51, 80)].map { (begin: UInt64, end: UInt64) in
      configuration.firstSchedule = begin * 16
      configuration.length = .schedules((end - begin) * 16)
      return Explorations.run(configuration)
    }
    let points = parts.reduce(0) { $0 + ($1.exploration?.schedulePoints ?? 0) }
    #expect(points == whole.exploration?.schedulePoints)
    #expect(parts.reduce(0) { $0 + $1.operations } == whole.operations)
  }

  @Test func `it begins as the campaign that learns nothing, and goes on otherwise`() {
    func points(_ schedules: UInt64, varies: Bool) -> UInt64? {
      var configuration = configuration(schedules)
      configuration.varies = varies
      return Explorations.run(configuration).exploration?.schedulePoints
    }
    #expect(points(16 * 33, varies: true) == points(16 * 33, varies: false))
    #expect(points(16 * 40, varies: true) != points(16 * 40, varies: false))
  }
}
