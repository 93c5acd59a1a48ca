// Alternating runs. A shared machine drifts over minutes, neighbouring runs see about the same machine: so a ratio is
// taken within each turn, and the median over turns.

struct Paired {
  /// Rates by program, in the order in which they were measured: A B … A B …
  private(set) var rates: [[Double]]

  init(pairs: Int, _ programs: [() throws -> Double]) throws {
    rates = programs.map { _ in [] }
    for _ in 0..<pairs {
      for (index, run) in programs.enumerated() { rates[index].append(try run()) }
    }
  }

  func medianRate(_ program: Int) -> Double { median(rates[program]) }

  /// One program's rates over another's, within each turn.
  func ratios(_ program: Int, over other: Int) -> [Double] { zip(rates[program], rates[other]).map { $0 / $1 } }
}

/// The middle value, or the mean of the two in the middle. `values` is not empty.
func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
