/// A mutant's cell in which every interleaving of each operation and each pair is executed, with nothing said of where
/// to look.
import Executions
import Records

extension MatrixCellRunner {
  func search() -> Result {
    var result = Result(cell: notBegun)
    let configuration = task.search(of: matrix)
    let engine = Exhaust(configuration: configuration)
    var told: UInt64 = 0
    let record = engine.run { progress in
      let wantsMore = goesOn(progress.classes &- told)
      told = progress.classes
      if !wantsMore || early.isCut { engine.requestStop() }
    }
    result.cell.schedules = record.items.reduce(0) { $0 + $1.executions }
    result.cell.distinctSchedules = record.items.reduce(0) { $0 + $1.size }
    if let fault = record.harnessFaults.first {
      result.cell.outcome = MatrixRecord.Cell.fault
      result.harnessFault = "\(result.cell.name): \(fault)"
      return result
    }
    guard let violation = record.violation, let reproduction = engine.reproduction else {
      result.cell.outcome = record.interrupted ? MatrixRecord.Cell.unfinished : MatrixRecord.Cell.clean
      return result
    }
    result.cell.schedules += 1
    result.cell.outcome = violation.checker
    result.cell.failure = failure(
      result.cell.schedules - 1, reproduction, token: violation.token,
      RerunCommand.search(configuration, violation.operations, violation.table))
    return result
  }
}
