/// Expectations made from what a matrix saw.
import MirrorMMU
import Records

extension MatrixExpectations {
  /// The same, changed to what the record's finished cells show. Reasons stay, as does what the record says nothing
  /// of. A cell that fails in another way than expected keeps its reason too, which then has to be looked at.
  package func updated(from record: MatrixRecord) -> MatrixExpectations {
    var result = self
    for seen in record.cells { result.update(seen) }
    for mutant in record.mutants { result.update(mutant, record) }
    return result
  }

  private mutating func update(_ seen: MatrixRecord.Cell) {
    let index = cells.firstIndex {
      $0.protocol == seen.protocol && $0.policy == seen.policy && $0.scenario == seen.scenario
    }
    if seen.outcome == MatrixRecord.Cell.clean {
      if let index { cells.remove(at: index) }
      return
    }
    guard seen.isBroken, !seen.isAsExpected, let failure = seen.failure else { return }
    // Twice as many as it took: far enough from the end to repeat, whatever was drawn before.
    let needed = (failure.schedule + 1) * 2
    let within = needed > MatrixConfiguration.quickFailingSchedules ? needed : nil
    if let index {
      cells[index].outcomes = [seen.outcome]
      cells[index].within = within
    } else {
      cells.append(
        Cell(
          protocol: seen.protocol, policy: seen.policy, scenario: seen.scenario, outcomes: [seen.outcome],
          reason: Self.unexplained, within: within))
    }
  }

  /// Adds the checkers that have caught a mutant and were not expected to. A mutant that survived stays one that must
  /// not.
  private mutating func update(_ mutant: String, _ record: MatrixRecord) {
    let own = record.mutantCells.filter { $0.mutant == mutant }
    var checkers = own.first?.expected ?? Mutant(rawValue: mutant).map(checkers) ?? []
    let known = checkers
    let raced = record.timing.threadRuns.filter { $0.mutant == mutant && $0.isBroken }.map(\.outcome)
    for checker in own.filter(\.isBroken).map(\.outcome) + raced where !checkers.contains(checker) {
      checkers.append(checker)
    }
    guard checkers != known else { return }
    if let index = mutants.firstIndex(where: { $0.mutant == mutant }) {
      mutants[index].checkers = checkers
    } else {
      mutants.append(MutantCell(mutant: mutant, checkers: checkers))
    }
  }
}
