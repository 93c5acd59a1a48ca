import Machine
import MirrorMMU

/// Relative weights of the operations that a soak draws.
public struct OperationMix: Sendable, Equatable {
  /// Indexed by `Operation.rawValue`; the sum is above 0.
  public private(set) var weights: [Int]

  public static let `default` = OperationMix(weights: Operation.allCases.map(\.defaultWeight))

  /// The default mix, and what a mutant needs besides, often enough to be met.
  static func `default`(for mutant: Mutant?) -> OperationMix {
    var mix = Self.default
    for operation in mutant?.operations ?? [] { mix.weights[Int(operation.rawValue)] = 60 }
    return mix
  }

  private init(weights: [Int]) { self.weights = weights }

  /// Weights by operation; what is not named gets none. Nil if they sum to 0 or one is negative or above a million.
  public init?(_ named: [Operation: Int]) {
    let weights = Operation.allCases.map { named[$0] ?? 0 }
    guard weights.allSatisfy({ (0...1_000_000).contains($0) }), weights.contains(where: { $0 > 0 }) else { return nil }
    self.init(weights: weights)
  }
}
