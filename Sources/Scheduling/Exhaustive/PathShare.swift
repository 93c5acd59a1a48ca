/// How far a depth-first search has come, from the decisions on its path: the share of all that there is which lies
/// behind it, if at each decision one choice leads to as much as another.
struct PathShare {
  private(set) var value = 0.0
  private var rest = 1.0

  /// The next decision on the path.
  /// - Parameter done: choices that have been left for good, of at least one more.
  mutating func add(done: Int, of choices: Int) {
    rest /= Double(choices)
    value += Double(done) * rest
  }
}
