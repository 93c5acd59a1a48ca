/// A matrix as test results: a case for each cell, which passes if it is as expected.
import Records

extension TestSuite {
  init(_ record: MatrixRecord) {
    var differences: [String: MatrixRecord.Difference] = [:]
    for difference in record.differences { differences[difference.cell] = difference }
    var cases = record.cells.map { cell in
      let place = "protocol \(cell.protocol), policy \(cell.policy), scenario \(cell.scenario)"
      return Case(
        group: "\(cell.policy).\(cell.protocol)", name: cell.scenario,
        result: Self.result(cell, differences.removeValue(forKey: place)))
    }
    cases += record.mutantCells.map { cell in
      let place = "mutant \(cell.mutant ?? ""), strategy \(cell.strategy)"
      return Case(
        group: "mutant.\(cell.mutant ?? "")", name: cell.strategy,
        result: Self.result(cell, differences.removeValue(forKey: place)))
    }
    // What is left is of no cell: threads that missed a mutant.
    cases += record.differences.filter { differences[$0.cell] != nil }.map {
      Case(group: "threads", name: $0.cell, result: Self.failed($0))
    }
    cases += record.harnessFaults.map { Case(group: "matrix", name: "harness", result: .broken(message: $0)) }
    self.init(
      name: "stress matrix",
      properties: [
        ("seed", record.seed), ("quick", "\(record.quick)"), ("schedules", "\(record.schedules)"),
        ("interrupted", "\(record.interrupted)"), ("verdict", record.verdict.rawValue),
      ] + (record.kernel.map { [("kernel", $0.version), ("tree", $0.tree)] } ?? [])
        + Self.origin(record.kernel, record.build), seconds: record.timing.elapsedSeconds, cases: cases)
  }

  private static func result(_ cell: MatrixRecord.Cell, _ difference: MatrixRecord.Difference?) -> Case.Result {
    if let difference { return failed(difference) }
    switch cell.outcome {
    case MatrixRecord.Cell.unfinished: return .skipped(reason: "an interrupt came before the cell's end")
    case MatrixRecord.Cell.fault: return .broken(message: "the harness failed in this cell")
    default: return .passed
    }
  }

  private static func failed(_ difference: MatrixRecord.Difference) -> Case.Result {
    let expected = difference.expected.joined(separator: " or ")
    return .failed(
      kind: difference.seen, message: "expected \(expected), seen \(difference.seen)",
      body: [difference.command] + (difference.token.isEmpty ? [] : ["stress replay \(difference.token)"]))
  }
}
