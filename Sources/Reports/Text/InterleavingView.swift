import Records

/// What a reader is shown of an interleaving: the steps that matter, with the entries' values only where they are news.
struct InterleavingView {
  struct Step {
    var number: UInt64
    var thread: Int
    var action: String
    var spte: String
    var external: String
    var preempts: Bool
    var repeats: UInt64
    var blame: Interleaving.Blame?
  }

  /// Values and their last shown text: a value that has not changed is left blank.
  private struct Column {
    private var shown: String?

    mutating func cell(_ value: String, isChanged: Bool) -> String {
      defer { shown = value }
      if isChanged { return "*\(value)" }
      return value == shown ? "" : value
    }
  }

  private(set) var steps: [Step] = []
  /// Steps that were left out, and the threads of which no step is left.
  private(set) var hiddenSteps: UInt64 = 0
  private(set) var threads: [Int] = []
  private(set) var silentThreads: [Int] = []

  init(_ interleaving: Interleaving, full: Bool) {
    let blamed = interleaving.blamed
    var spte = Column()
    var external = Column()
    // A thread may be preempted by steps that are hidden: the mark then stands at the first that is shown.
    var isPreempted = false
    for (index, row) in interleaving.rows.enumerated() {
      isPreempted = isPreempted || row.isPreemption
      guard full || Self.isNews(row) || index == blamed else {
        hiddenSteps &+= max(row.repeats, 1)
        continue
      }
      steps.append(
        Step(
          number: row.step, thread: row.thread, action: row.action,
          spte: spte.cell(row.spte, isChanged: row.changesSpte),
          external: external.cell(row.external, isChanged: row.changesExternal),
          preempts: isPreempted && (row.isPreemption || steps.last?.thread != row.thread), repeats: row.repeats,
          blame: index == blamed ? row.blame ?? .breaks : nil))
      isPreempted = false
    }
    let seen = Set(steps.map(\.thread))
    let known = interleaving.threads + seen.subtracting(interleaving.threads).sorted()
    threads = known.filter(seen.contains)
    silentThreads = known.filter { !seen.contains($0) }
  }

  private static func isNews(_ row: Interleaving.Row) -> Bool {
    row.matters || row.changesSpte || row.changesExternal
  }
}
