import Machine

/// The coverage of a record in a fixed order and with its sentences, for renderers, which know the record alone.
extension RunRecord {
  public struct CoverageRow: Sendable, Equatable {
    public var name: String
    public var count: UInt64
    public var sentence: String
    /// False where the run could not have met this race, having one thread only.
    public var isPossible: Bool
  }

  /// The races of this version in their own order, then what the record has beyond them, by name.
  public var coverageRows: [CoverageRow] {
    let known = Coverage.allCases.filter { coverage[$0.name] != nil }.map { race in
      CoverageRow(
        name: race.name, count: coverage[race.name] ?? 0, sentence: race.sentence,
        isPossible: threads > 1 || !race.needsTwoThreads)
    }
    let names = Set(known.map(\.name))
    let unknown = coverage.filter { !names.contains($0.key) }.sorted { $0.key < $1.key }.map { entry in
      CoverageRow(name: entry.key, count: entry.value, sentence: "", isPossible: true)
    }
    return known + unknown
  }
}
