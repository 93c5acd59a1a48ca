/// The plan of a round: a function of seed and round, inside the guest.
import Campaign
import Machine
import MirrorMMU
import Testing

@Suite struct RoundPlanTests {
  private func everything(_ plan: RoundPlan) -> [Gfn] {
    [plan.hotPrivate, plan.hotShared, plan.warmPrivate, plan.warmShared, plan.cold].flatMap { $0 }
      + plan.populated.flatMap { [$0.range.lowerBound, $0.range.upperBound - 1, $0.draw] }
  }

  @Test func `equal seeds and rounds give equal plans, others give others`() {
    func plan(_ seed: UInt64, _ round: UInt64) -> [Gfn] {
      let plan = RoundPlan(runSeed: seed, round: round, guestPages: 1 << 20)
      return [plan.seed] + everything(plan)
    }
    #expect(plan(1, 0) == plan(1, 0))
    #expect(Set([plan(1, 0), plan(1, 1), plan(2, 0), plan(2, 1)]).count == 4)
  }

  @Test(arguments: [UInt64(1) << 18, 1 << 20, 512 << 18])
  func `every gfn is inside the guest`(guestPages: UInt64) {
    for round in 0..<50 as Range<UInt64> {
      let plan = RoundPlan(runSeed: 77, round: round, guestPages: guestPages)
      #expect([plan.hotPrivate.count, plan.hotShared.count] == [RoundPlan.hotCount, RoundPlan.hotCount])
      #expect([plan.warmPrivate.count, plan.warmShared.count] == [RoundPlan.warmCount, RoundPlan.warmCount])
      #expect(plan.cold.count == RoundPlan.coldCount)
      let gfns = plan.hotPrivate + plan.hotShared + plan.populated.map(\.range.lowerBound)
      #expect(gfns.allSatisfy { $0 < guestPages })
      #expect((plan.warmPrivate + plan.warmShared + plan.cold).allSatisfy { $0 & 511 == 0 && $0 + 512 <= guestPages })
    }
  }

  @Test func `what is wanted as private is private at the start, and the same for shared`() {
    for round in 0..<50 as Range<UInt64> {
      let plan = RoundPlan(runSeed: 5, round: round, guestPages: 1 << 20)
      for (gfns, wanted) in [(plan.hotPrivate + plan.warmPrivate, true), (plan.hotShared + plan.warmShared, false)] {
        #expect(gfns.allSatisfy { RoundPlan.kind(of: Int($0 >> 9), seed: plan.seed).isPrivate == wanted })
      }
    }
  }

  @Test func `contention is real: hot gfns are neighbours below tables that are wanted often`() {
    let plan = RoundPlan(runSeed: 5, round: 0, guestPages: 1 << 20)
    for (hot, warm) in [(plan.hotPrivate, plan.warmPrivate), (plan.hotShared, plan.warmShared)] {
      #expect(hot.allSatisfy { warm.contains($0 & ~511) })
      #expect(hot.filter { $0 & ~511 == warm[0] }.count >= RoundPlan.hotCount / 2)
    }
  }

  @Test func `some rounds begin empty and some populated, by both kinds of fault`() {
    let plans = (0..<40 as Range<UInt64>).map { RoundPlan(runSeed: 5, round: $0, guestPages: 1 << 20) }
    #expect(plans.contains { $0.populated.isEmpty } && plans.contains { $0.populated.count > 100 })
    #expect(Set(plans.flatMap { $0.populated.map(\.operation) }) == [.fault, .fault2M])
    #expect(plans.flatMap(\.populated).allSatisfy { $0.range.count == 1 })
  }

  @Test func `regions of each kind are found everywhere`() {
    let kinds = (0..<2048).map { RoundPlan.kind(of: $0, seed: 123) }
    for isPrivate in [true, false] {
      for allowsHuge in [true, false] {
        #expect(kinds.filter { $0.isPrivate == isPrivate && $0.allowsHuge == allowsHuge }.count > 100)
      }
    }
  }
}
