/// That a minimised schedule is said to need its preemptions only where all with fewer were gone through.
import Campaign
import Executions
import MirrorMMU
import Scheduling
import SecureEPT
import Testing

struct FewestPreemptionsTests {
  /// A failure of the common model, which needs one preemption. Taking away what can be taken away leaves two.
  private func token() throws -> Token {
    var configuration = ExploreConfiguration(seed: 1, mutant: .thawFirst)
    configuration.scenario = .micro
    return try Explorations.token(Explorations.run(configuration))
  }

  @Test func `what needs its preemptions is said to`() throws {
    let reproduction = try #require(TokenMinimize.run(try token()).violations.first?.reproduction)
    #expect(reproduction.hasFewestPreemptions == true)
    #expect(reproduction.minimized?.preemptions == 1)
  }

  @Test func `what breaks with fewer is shown with fewer`() throws {
    let token = try token()
    let replayer = try #require(
      Replayer(tasks: token.episode.threads.count, subject: Subject(token, nil), policy: token.episode.policy))
    let outcome = replayer.replay(token.episode, token.schedule, isStrict: true)
    let finding = Finding(
      episode: token.episode, schedule: token.schedule, violation: try #require(outcome.violation),
      eventHash: outcome.eventHash, steps: outcome.steps, preemptions: 3, isAtRest: true)
    guard case .fewer(let other) = FewestPreemptions.search(finding, Subject(token, nil)) else {
      Issue.record("nothing with at most two preemptions was found")
      return
    }
    #expect(other.preemptions <= 2 && other.violation.checker == finding.violation.checker)
  }

  @Test func `states tell what the common model holds`() throws {
    let token = try token()
    func end(_ preemptions: Int?, _ mutant: Mutant?) throws -> EpisodeSearch.End {
      let search = try #require(
        EpisodeSearch(
          tasks: token.episode.threads.count, subject: .model(.mainline, mutant), policy: token.episode.policy,
          mostYes: 0, method: .states(preemptions: preemptions, trust: .all)))
      return search.run(token.episode, limit: .max).end
    }
    #expect(try end(nil, nil) == .complete)
    #expect(try end(0, .thawFirst) == .complete)
    #expect(try end(1, .thawFirst) == .violation)
  }
}
