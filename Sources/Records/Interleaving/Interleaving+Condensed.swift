/// An interleaving made short, for a record that holds hundreds of them.
extension Interleaving {
  /// Rows that a condensed interleaving has at most.
  public static let condensedRows = 40

  /// The last rows that matter. What a thread wrote, began and ended in others is told by the next of its rows that is
  /// kept, or by the last.
  public func condensed() -> Interleaving {
    let news = rows.indices.filter { index in
      let row = rows[index]
      return row.matters || row.changesSpte || row.changesExternal || row.step == violationStep || row.blame != nil
    }
    let kept = (news.isEmpty ? Array(rows.indices) : news).suffix(Self.condensedRows)
    guard let first = kept.first else { return self }
    var result = self
    result.rows = kept.map { rows[$0] }
    var places: [Int: [Int]] = [:]
    for (place, index) in kept.enumerated() {
      places[rows[index].thread, default: []].append(place)
      result.rows[place].changes = nil
      result.rows[place].marks = nil
    }
    for (index, row) in rows.enumerated() where row.changes != nil || row.marks != nil {
      let own = places[row.thread] ?? []
      let next = own.first { kept[kept.startIndex + $0] >= index }
      if index >= first, let place = next ?? own.last {
        result.rows[place].add(row.changes)
      } else {
        for change in row.changes ?? [] { result.note(change) }
      }
      if let place = next ?? own.last { result.rows[place].add(row.marks, isPassing: next != nil) }
    }
    return result
  }

  /// Takes a change that no row tells as one that came before all of them.
  private mutating func note(_ change: Change) {
    let place = entries?.firstIndex {
      $0.table == change.table && $0.gfn == change.gfn && $0.level == change.level
    }
    if let place { entries?[place].value = change.new }
  }
}

extension Interleaving.Row {
  fileprivate mutating func add(_ others: [Interleaving.Change]?) {
    if let others { changes = (changes ?? []) + others }
  }

  /// - Parameter isPassing: the marks are of this row or of rows before it: what began and ended there is over.
  fileprivate mutating func add(_ others: [Interleaving.Mark]?, isPassing: Bool) {
    guard let others else { return }
    var all = marks ?? []
    for mark in others {
      if isPassing, !mark.begins, let begin = all.lastIndex(where: { $0.kind == mark.kind && $0.begins }) {
        all.remove(at: begin)
      } else {
        all.append(mark)
      }
    }
    marks = all.isEmpty ? nil : all
  }
}
