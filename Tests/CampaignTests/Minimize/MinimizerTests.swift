/// What minimising returns breaks the rule that it began with.
import Campaign
import Machine
import MirrorMMU
import Scheduling
import SecureEPT
import TestSupport
import Testing

@Suite struct MinimizerTests {
  @Test(arguments: Mutant.allCases)
  func `the result is a smaller execution that breaks the same rule`(mutant: Mutant) throws {
    let rehearsal = try Rehearsal(tasks: 4, mutant: mutant, policy: mutant.policy)
    let found = try #require(rehearsal.findFailure(nil, threads: 4, operations: 2, episodes: 0..<3_000))
    let minimizer = Minimizer(found, rehearsal.replayer)
    let (final, isMinimal) = minimizer.run()
    #expect(isMinimal)
    #expect(final.violation.checker == found.violation.checker)
    #expect(final.episode.operations <= found.episode.operations)
    #expect(final.episode.threads.count <= found.episode.threads.count)
    #expect(!final.episode.threads.contains { $0.isEmpty })

    let fresh = try Rehearsal(tasks: final.episode.threads.count, mutant: mutant, policy: mutant.policy)
    let outcome = fresh.replayer.replay(final.episode, final.schedule, isStrict: true)
    #expect(outcome.isFollowed && outcome.harnessFault == nil)
    #expect(outcome.violation?.checker == found.violation.checker)
    #expect(outcome.eventHash == final.eventHash)
  }

  @Test func `equal findings are minimised alike`() throws {
    func minimal() throws -> (Episode, Schedule, UInt64) {
      let rehearsal = try Rehearsal(mutant: .lostZap)
      let found = try #require(rehearsal.findFailure(nil, episodes: 0..<3_000))
      let minimizer = Minimizer(found, rehearsal.replayer)
      let final = minimizer.run().finding
      return (final.episode, final.schedule, minimizer.executions)
    }
    let (one, two) = (try minimal(), try minimal())
    #expect(one.0 == two.0 && one.1 == two.1 && one.2 == two.2)
  }

  @Test func `no single choice of the schedule can be left out`() throws {
    let rehearsal = try Rehearsal(mutant: .lostZap)
    let found = try #require(rehearsal.findFailure(nil, episodes: 0..<3_000))
    let final = Minimizer(found, rehearsal.replayer).run().finding
    #expect(!final.schedule.switches.isEmpty)
    for index in final.schedule.switches.indices {
      var schedule = final.schedule
      schedule.switches.remove(at: index)
      let outcome = rehearsal.replayer.replay(final.episode, schedule, isStrict: false)
      // It may break the rule by other choices of its own, but by no fewer.
      if outcome.violation?.checker == final.violation.checker {
        #expect(rehearsal.replayer.record().preemptions >= final.preemptions)
      }
    }
  }
}
