/// Deals executions to the strategies: no single one finds every kind of race soon.
///
/// Measured elsewhere, a race that survived 50,000 random walks fell to PCT in 1,057 executions, and for short races
/// PCT needed 50 times as many as a random walk.
@usableFromInline package enum Portfolio {
  /// The executions that are dealt in turn, as the list's entries have their places among them.
  private static let hand: [StrategyName] = {
    let places = StrategyName.allCases.filter { $0 != .portfolio }.flatMap { name in
      Strategies.all[name.number].places.map { (place: $0, name: name) }
    }.sorted { $0.place < $1.place }
    precondition(places.map(\.place) == Array(places.indices), "each place of the hand is one strategy's")
    return places.map(\.name)
  }()

  /// The strategy of the execution that is number `index` of its episode.
  @inlinable package static func deal(_ name: StrategyName, _ index: Int) -> StrategyName {
    name == .portfolio ? dealt(index) : name
  }

  @usableFromInline static func dealt(_ index: Int) -> StrategyName { hand[index % hand.count] }
}
