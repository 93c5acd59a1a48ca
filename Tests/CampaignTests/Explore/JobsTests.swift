/// Who runs which chunk does not matter.
import Campaign
import Machine
import MirrorMMU
import Scheduling
import SecureEPT
import Testing

@Suite struct JobsTests {
  @Test(arguments: Policy.allCases) func `records of any number of jobs are equal but for their timing`(
    policy: Policy
  ) throws {
    var configuration = ExploreConfiguration(length: .schedules(64 * 50 + 9), seed: 7, policy: policy)
    let one = Explorations.run(configuration)
    #expect(one.verdict == .clean && one.exploration?.schedules == 64 * 50 + 9)
    for jobs in 1...3 {
      configuration.jobs = jobs
      #expect(try Runs.encoded(Explorations.run(configuration)) == Runs.encoded(one))
    }
  }

  @Test func `the same failure ends the run, minimised alike`() throws {
    var configuration = ExploreConfiguration(seed: 11, mutant: .lostZap)
    let one = Explorations.run(configuration)
    #expect(one.verdict == .violation)
    for jobs in 1...3 {
      configuration.jobs = jobs
      #expect(try Runs.encoded(Explorations.run(configuration)) == Runs.encoded(one))
    }
  }

  @Test func `another seed is another campaign`() {
    let points = (0..<3 as Range<UInt64>).map { seed in
      Explorations.run(ExploreConfiguration(length: .schedules(640), seed: seed)).exploration?.schedulePoints
    }
    #expect(Set(points).count == 3)
  }

  @Test func `a failing schedule is found again by its number alone`() throws {
    var configuration = ExploreConfiguration(seed: 3, mutant: .restoreNew)
    let all = Explorations.run(configuration)
    let number = try #require(all.violations.first?.reproduction).schedule
    configuration.firstSchedule = number
    configuration.length = .schedules(64)
    let again = Explorations.run(configuration)
    #expect(again.violations == all.violations)
    #expect(all.violations.first?.command.hasSuffix("--first-schedule \(number)") == true)
  }
}
