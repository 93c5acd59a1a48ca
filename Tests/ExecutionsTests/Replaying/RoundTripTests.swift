/// What was recorded is what is replayed.
import Episodes
import Executions
import Machine
import Scheduling
import SecureEPT
import TestSupport
import Testing

@Suite struct RoundTripTests {
  @Test(arguments: StrategyName.allCases.filter { $0 != .portfolio })
  func `a recorded schedule gives the same steps, events and happens-before hash`(name: StrategyName) throws {
    for policy in Policy.allCases {
      let rehearsal = try Rehearsal(policy: policy)
      // Beyond those of `all`, episodes do what only an external side with shared removals stands.
      let clean = ScenarioName.allCases.filter { scenario in
        policy == .hugeShared || scenario == .micro || ScenarioName.dealt.contains(scenario)
      }
      for (index, scenario) in clean.enumerated() {
        let episode = Rehearsal.episode(scenario, policy: policy, seed: UInt64(index))
        #expect(rehearsal.world.prepare(episode))
        for number in 0..<16 as Range<UInt64> {
          rehearsal.execute(name, number)
          let (log, hash) = (rehearsal.log, rehearsal.world.eventHash)
          let order = rehearsal.world.scheduler.happensBeforeHash
          #expect(rehearsal.world.end == .completed)
          let schedule = rehearsal.replayer.record().schedule
          #expect(rehearsal.log == log && rehearsal.world.eventHash == hash)
          let outcome = rehearsal.replayer.replay(schedule, isStrict: true)
          #expect(outcome.isFollowed && outcome.violation == nil)
          #expect(outcome.eventHash == hash && rehearsal.log == log)
          #expect(rehearsal.world.scheduler.happensBeforeHash == order)
        }
      }
    }
  }

  @Test func `in another world, made for more threads and used before, it is the same`() throws {
    let (one, two) = (try Rehearsal(), try Rehearsal(tasks: 20))
    for seed in 0..<60 as Range<UInt64> {
      let scenario = ScenarioName.deal(seed)
      let episode = Rehearsal.episode(scenario, seed: seed)
      #expect(one.world.prepare(episode))
      one.execute(.randomWalk, seed)
      let (log, hash) = (one.log, one.world.eventHash)
      let schedule = one.replayer.record().schedule
      let outcome = two.replayer.replay(episode, schedule, isStrict: true)
      #expect(outcome.isFollowed && outcome.eventHash == hash)
      #expect(two.log == log)
    }
  }

  @Test func `a lenient replay of a schedule that fits is the strict one`() throws {
    let rehearsal = try Rehearsal()
    for seed in 0..<40 as Range<UInt64> {
      #expect(rehearsal.world.prepare(Rehearsal.episode(.busy, seed: seed)))
      rehearsal.execute(.randomWalk, seed)
      let hash = rehearsal.world.eventHash
      let schedule = rehearsal.replayer.record().schedule
      let outcome = rehearsal.replayer.replay(schedule, isStrict: false)
      #expect(outcome.isFollowed && outcome.eventHash == hash)
    }
  }
}
