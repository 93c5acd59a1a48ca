/// Part of a plan: what certain operations have to do with.
import Foundation

extension ExhaustPlan {
  /// - Parameter operations: names of variants; none for all of the plan.
  /// - Returns: the items in which one of them takes part, in their order.
  package func with(_ operations: [String]) -> ExhaustPlan {
    operations.isEmpty
      ? self
      : ExhaustPlan(items: items.filter { item in item.operations.contains { operations.contains($0) } })
  }

  private init(items: [Item]) { self.items = items }
}

extension ExhaustPlan.Item {
  /// The names of its operations.
  var operations: [String] { name.components(separatedBy: " x ") }
}
