import Records

/// Records in which every optional part is there: what the document of the format is held against.
enum FullRecords {
  private static let kernel = SampleDiffs.changedKernel

  private static var interleaving: Interleaving {
    var interleaving = SampleInterleavings.detailed
    interleaving.rows[5].blame = .breaks
    interleaving.entries = [.init(table: "mirror", gfn: "0x201", level: 1, value: "NONPRESENT")]
    return interleaving
  }

  static var run: RunRecord {
    var record = SampleRecords.violation
    record.exploration = SampleExplorations.violation.exploration
    record.exploration?.sketch = "AQ"
    record.cut = .init(operations: 7)
    record.kernel = kernel
    record.build = SampleDiffs.build
    record.harnessFaults = SampleRecords.fault.harnessFaults
    record.coverageWarnings = SampleRecords.clean.coverageWarnings
    record.replay = SampleExplorations.replayed.replay
    record.replay?.interleaving = interleaving
    record.code = SampleCoverage.code
    record.violations.removeLast()
    record.violations[0].reproduction = SampleExplorations.reproduction
    record.violations[0].moment = .race
    record.violations[0].reproduction?.bridgedSchedules = 4_096
    record.violations[0].reproduction?.hasFewestPreemptions = true
    record.violations[0].reproduction?.reference = RunRecord.Reference(
      subject: "mainline", checker: "TLB-1", schedules: 2_000, problem: "it cannot be built")
    record.violations[0].reproduction?.interleaving = interleaving
    return record
  }

  static var matrix: MatrixRecord {
    var record = SampleMatrices.differing
    record.kernel = kernel
    record.build = SampleDiffs.build
    record.harnessFaults = SampleMatrices.fault.harnessFaults
    record.cells = [full(SampleMatrices.differing.cells[1])]
    record.mutantCells = [full(SampleMatrices.differing.mutantCells[1])]
    record.timing.threadRuns[0].mayMiss = "narrow"
    return record
  }

  /// With a mutant and a reason, which no one cell has both.
  private static func full(_ cell: MatrixRecord.Cell) -> MatrixRecord.Cell {
    var full = cell
    full.mutant = cell.mutant ?? "thaw-first"
    full.reason = cell.reason ?? "docs/protocols.md"
    full.failure?.minimized = cell.failure?.found
    full.failure?.interleaving = interleaving
    return full
  }

  static var diff: DiffRecord {
    var record = SampleDiffs.differing
    record.mutant = "lost-zap"
    record.kernel = kernel
    record.build = SampleDiffs.build
    record.harnessFaults = SampleDiffs.fault.harnessFaults
    return record
  }
}
