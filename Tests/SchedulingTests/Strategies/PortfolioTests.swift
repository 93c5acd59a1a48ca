import Scheduling
import Testing

@Suite struct PortfolioTests {
  @Test func `every strategy is dealt, and no strategy is dealt the portfolio itself`() {
    let dealt = Set((0..<16).map { Portfolio.deal(.portfolio, $0) })
    #expect(dealt == Set(StrategyName.allCases).subtracting([.portfolio]))
  }

  @Test func `a strategy that was asked for is dealt every time`() {
    for name in StrategyName.allCases where name != .portfolio {
      #expect((0..<40).allSatisfy { Portfolio.deal(name, $0) == name })
    }
  }

  @Test func `what an execution is dealt depends on its number alone`() {
    #expect((0..<64).allSatisfy { Portfolio.deal(.portfolio, $0) == Portfolio.deal(.portfolio, $0 + 64) })
  }
}
