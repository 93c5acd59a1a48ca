/// Tokens that do not fit the subject.
import Campaign
import Machine
import MirrorMMU
import Scheduling
import SecureEPT
import Testing

@Suite struct MisfitTests {
  private func token(_ switches: [Schedule.Switch], answers: [Schedule.Answer] = []) -> Token {
    let fault = Request(operation: .fault, range: 5..<6, draw: 0)
    let episode = Episode(
      scenario: "fault-fault", policy: .fourK, regions: [.init(isPrivate: true, allowsHuge: false)],
      threads: [[fault], [fault]])
    return Token(
      protocolName: .mainline, mutant: nil, episode: episode, schedule: Schedule(switches: switches, answers: answers),
      checker: .ord2, eventHash: 1)
  }

  @Test func `a token whose execution breaks nothing is clean, with both hashes told`() {
    let record = TokenReplay.run(token([.init(task: 0, step: 3, next: 1)]))
    #expect(record.verdict == .clean && record.violations.isEmpty)
    #expect(record.replay?.expectedChecker == "ORD-2")
    #expect(record.replay?.expectedEventHash != record.replay?.eventHash)
    #expect(record.replay?.size.preemptions == 1)
  }

  @Test func `a choice that is not offered is a harness fault that names the step`() throws {
    // Thread 0 runs first and has ended when thread 1 has taken its first step.
    let steps = try #require(TokenReplay.run(token([])).replay?.size.steps)
    let record = TokenReplay.run(token([.init(task: 1, step: 0, next: 0)]))
    #expect(record.verdict == .harnessFault)
    let fault = try #require(record.harnessFaults.first)
    let words = fault.split(whereSeparator: { !$0.isLetter && !$0.isNumber })
    let index = try #require(words.firstIndex(of: "step"))
    let step = try #require(Int(words[index + 1]))
    #expect(step > 2 && step < steps)
    #expect(record.replay == nil && record.violations.isEmpty)
  }

  @Test func `a choice that never comes up is a harness fault`() {
    #expect(TokenReplay.run(token([.init(task: 0, step: 5_000, next: 1)])).verdict == .harnessFault)
    #expect(TokenReplay.run(token([], answers: [.init(task: 0, index: 900)])).verdict == .harnessFault)
  }

  @Test func `there is nothing to minimise where nothing breaks`() {
    let record = TokenMinimize.run(token([]))
    #expect(record.verdict == .clean && record.violations.isEmpty)
    #expect(TokenMinimize.run(token([.init(task: 1, step: 0, next: 0)])).verdict == .harnessFault)
  }
}
