/// The strategies by the names that `--strategy` takes.
public struct StrategyName: Sendable {
  /// Its place in `Strategies.all`, -1 for the portfolio.
  @usableFromInline let number: Int

  /// Deals executions to the listed ones: see `Portfolio`.
  public static let portfolio = StrategyName(number: -1)

  /// Of a strategy that is in the list.
  static func listed(_ name: String) -> StrategyName {
    guard let listed = StrategyName(rawValue: name) else { preconditionFailure("\(name) is not in Strategies.all") }
    return listed
  }

  private init(number: Int) { self.number = number }

  public var summary: String {
    number < 0 ? "deals executions to all of the others in turn" : Strategies.all[number].summary
  }
}

extension StrategyName: RawRepresentable, CaseIterable, Hashable {
  public static let allCases = (-1..<Strategies.all.count).map { StrategyName(number: $0) }

  public var rawValue: String { number < 0 ? "portfolio" : Strategies.all[number].name }

  public init?(rawValue: String) {
    guard let found = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = found
  }

  // Those of a raw value would compare names, at each execution.
  @inlinable public static func == (left: StrategyName, right: StrategyName) -> Bool { left.number == right.number }
  public func hash(into hasher: inout Hasher) { hasher.combine(number) }
}
