/// What docs/adding.md promises: a protocol or a mutant of one file is run, judged and written down like the others.
import Campaign
import Machine
import MirrorMMU
import Testing

@Suite struct ContributedTests {
  @Test func `a contributed protocol is explored, and what it breaks is found`() throws {
    let name = ProtocolName(unlisted: WriteFirst.self)
    let record = Explorations.run(ExploreConfiguration(seed: 1, protocolName: name))
    let violation = try #require(record.violations.first)
    #expect(violation.checker == "ORD-2")
    let reproduction = try #require(violation.reproduction)
    #expect(reproduction.verified == reproduction.replays)
    #expect(record.protocol == "write-first")
  }

  @Test func `a contributed mutant is caught by the checker that it names`() throws {
    let mutant = Mutant.answerIgnored
    let record = Explorations.run(
      ExploreConfiguration(
        scenario: ScenarioName(rawValue: mutant.scenario), length: .schedules(mutant.budget), seed: 1,
        mutant: mutant))
    #expect(record.violations.first?.checker == mutant.caughtBy[0].name)
  }

  @Test(arguments: Mutant.allCases) func `a mutant names a scenario that there is`(mutant: Mutant) {
    #expect(ScenarioName(rawValue: mutant.scenario) != nil)
  }
}
