/// Each mutant is caught by a checker that its definition names: the proof that the checkers can fail.
import Campaign
import Machine
import MirrorMMU
import SecureEPT
import Testing

extension SoakTests {
  @Suite struct MutantTests {
    @Test(arguments: Mutant.foundByThreads)
    func `a mutant is caught by the rule it breaks`(mutant: Mutant) throws {
      let record = Runs.run(
        SoakConfiguration(threads: 8, length: .seconds(20), seed: 0xbad, mutant: mutant, policy: mutant.policy))
      #expect(record.verdict == .violation)
      #expect(record.mutant == mutant.rawValue)
      let violation = try #require(record.violations.first)
      #expect(mutant.caughtBy.map(\.name).contains(violation.checker), "\(violation.expected): \(violation.seen)")
      let checker = try #require(CheckerID(name: violation.checker))
      #expect(violation.rule == checker.rule)
      #expect(Runs.option("--mutant", in: violation.command) == mutant.rawValue)
    }
  }
}
