import Records

/// A matrix for a person to read: a table for each policy and one of the mutants, a line for each failing cell, what
/// differs from the expectations, and the verdict as the last line.
///
/// No table is wider than `width`. Lines with a token or a command are as long as they have to be.
package struct MatrixText {
  package static var width: Int { TextWidth.of(120) }

  private let record: MatrixRecord

  package init(_ record: MatrixRecord) { self.record = record }

  /// The whole report, ending in a newline.
  package func render() -> String {
    Self.join(
      [legend] + policies + [failures] + mutants
        + [MatrixDifferences.lines(record), footer, unseen, [verdict]])
  }

  /// What `--quiet` leaves: the differences, the faults of the harness and the verdict line.
  package func renderQuietly() -> String { Self.join([MatrixDifferences.lines(record), unseen, [verdict]]) }

  private var unseen: [String] { UnseenText.lines(record.kernel, width: Self.width) }

  private static func join(_ sections: [[String]]) -> String {
    sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
  }

  // MARK: Protocols

  private func short(_ name: String) -> String {
    if isKernel(name) { return name }
    return "P\((record.protocols.firstIndex(of: name) ?? 0) + 1)"
  }

  private func isKernel(_ name: String) -> Bool { record.kernel != nil && name == record.protocols.last }

  private var legend: [String] {
    guard !record.cells.isEmpty else { return [] }
    let protocols = record.protocols.filter { !isKernel($0) }
    let names = protocols.map { "  \(short($0).padded(to: 4, alignment: .left))\($0)" }
    let kernel = record.kernel.map { kernel in
      ["  \(record.protocols.last ?? ""): \(kernel.path), tree \(kernel.tree), in the scenarios that a kernel has"]
        + TextReport.origin(kernel, record.build).map { "    \($0)" }
    }
    return (protocols.isEmpty ? ["Kernel"] : ["Protocols"]) + (names + (kernel ?? [])).map(\.onOneLine)
      + [
        "",
        "A cell: OK and schedules run, or the checker that fired; ! not as expected; ~ cut short; - not run; "
          + "? harness fault",
      ]
  }

  private var policies: [[String]] {
    record.policies.map { policy in
      let columns = record.protocols.filter { name in
        !isKernel(name) || record.cells.contains { $0.protocol == name && $0.policy == policy }
      }
      var grid = GridText(label: "policy \(policy.onOneLine)", columns: columns.map(short))
      for scenario in record.scenarios {
        grid.add(
          scenario,
          columns.map { name in
            record.cells.first { $0.protocol == name && $0.policy == policy && $0.scenario == scenario }
              .map(Self.cell) ?? "-"
          })
      }
      return grid.lines(width: Self.width)
    }
  }

  static func cell(_ cell: MatrixRecord.Cell) -> String {
    let mark = cell.isAsExpected ? "" : "!"
    switch cell.outcome {
    case MatrixRecord.Cell.clean: return "OK \(Figures.compact(cell.schedules))\(mark)"
    case MatrixRecord.Cell.unfinished: return cell.schedules == 0 ? "-" : "~\(Figures.compact(cell.schedules))"
    case MatrixRecord.Cell.fault: return "?"
    default: return cell.outcome + mark
    }
  }

  /// A line for each cell that failed, for its token to be copied.
  var failures: [String] {
    let broken = record.cells.filter(\.isBroken)
    guard !broken.isEmpty else { return [] }
    let rows = broken.map { [$0.protocol, $0.policy, $0.scenario, outcome($0)] }
    let isWithKernel = broken.contains { isKernel($0.protocol) }
    let option = isWithKernel ? ", those of the kernel with --kernel-tree" : ""
    return ["Failing cells, each to be seen with stress replay TOKEN\(option)", ""]
      + Self.aligned(rows, broken.map(Self.token))
  }

  private func outcome(_ cell: MatrixRecord.Cell) -> String {
    let bug = cell.outcome == "BUG-1" && cell.isAsExpected ? " (expected KVM_BUG_ON)" : ""
    return cell.outcome + bug
  }

  private static func token(_ cell: MatrixRecord.Cell) -> String {
    guard let failure = cell.failure, !failure.token.isEmpty else { return "not reproduced" }
    return failure.token
  }

  /// Rows with their columns padded, and what stands behind them on each line.
  private static func aligned(_ rows: [[String]], _ ends: [String]) -> [String] {
    let count = rows.first?.count ?? 0
    let widths = (0..<count).map { column in rows.reduce(0) { max($0, $1[column].count) } }
    return zip(rows, ends).map { row, end in
      (zip(row, widths).map { $0.padded(to: $1, alignment: .left) } + [end]).joined(separator: "  ").onOneLine
    }
  }

  // MARK: Mutants

  private var mutants: [[String]] {
    guard !record.mutants.isEmpty else { return [] }
    let races = !record.timing.threadRuns.isEmpty
    var grid = GridText(label: "mutant", columns: record.strategies + (races ? ["threads"] : []))
    for mutant in record.mutants {
      let cells = record.strategies.map { strategy in
        record.mutantCells.first { $0.mutant == mutant && $0.strategy == strategy }.map(Self.caught) ?? "-"
      }
      let run = record.timing.threadRuns.first { $0.mutant == mutant }
      grid.add(mutant, cells + (races ? [run.map(raced) ?? "-"] : []))
    }
    let note =
      "A mutant's cell: the schedule that caught it, from 1, of exhaust the execution, and the checker; ! by another "
      + "than expected, or the default or exhaust let it survive"
    return [grid.lines(width: Self.width), TextWrap.hanging("", note, width: Self.width), mutantTokens]
  }

  private static func caught(_ cell: MatrixRecord.Cell) -> String {
    switch cell.outcome {
    case MatrixRecord.Cell.clean: return "survived" + (cell.mustCatch ? "!" : "")
    case MatrixRecord.Cell.unfinished: return cell.schedules == 0 ? "-" : "~\(Figures.compact(cell.schedules))"
    case MatrixRecord.Cell.fault: return "?"
    default: return "\(number(cell)) \(cell.outcome)\(cell.isAsExpected ? "" : "!")"
    }
  }

  /// The schedule that failed, counted from 1. One that fails before a thread runs is not among those run to their end.
  private static func number(_ cell: MatrixRecord.Cell) -> UInt64 {
    cell.failure.map { $0.schedule &+ 1 } ?? cell.schedules
  }

  private func raced(_ run: MatrixRecord.ThreadRun) -> String {
    let seconds = "\(Figures.fixed(run.seconds, digits: 1))s"
    if run.isBroken { return "\(seconds) \(run.outcome)" }
    switch run.outcome {
    case MatrixRecord.ThreadRun.survived: return "survived" + (run.mayMiss == nil ? "!" : "")
    case MatrixRecord.ThreadRun.skipped: return "skipped"
    case MatrixRecord.Cell.fault: return "?"
    default: return "-"
    }
  }

  private var mutantTokens: [String] {
    let shown = record.mutants.compactMap { mutant in
      record.mutantCells.first { $0.mutant == mutant && $0.isBroken }
    }
    guard !shown.isEmpty else { return [] }
    return ["Mutants, each as the first strategy that caught it did", ""]
      + Self.aligned(shown.map { [$0.mutant ?? "", $0.policy, $0.outcome] }, shown.map(Self.token))
  }

  // MARK: The end

  private var footer: [String] {
    let text =
      "\(Figures.counted(record.schedules, "schedule")), \(Figures.grouped(record.distinctSchedules)) distinct within "
      + "their cells (by happens-before hash), of \(Figures.counted(record.threads, "thread")) with "
      + "\(Figures.counted(record.operationsPerThread, "operation")) each, seed \(record.seed); sampled, not a proof"
    return TextWrap.hanging("", text.onOneLine, width: Self.width)
  }

  var verdict: String {
    let cells = record.cells.count + record.mutantCells.count
    let count = Figures.counted(record.differences.count, "difference")
    switch record.verdict {
    case .harnessFault:
      return "HARNESS FAULT \(Figures.counted(record.harnessFaults.count, "fault")), so this matrix says nothing"
    case .differs: return "DIFFERS \(count) from what is expected of \(Figures.counted(cells, "cell"))"
    case .asExpected:
      guard record.interrupted else {
        return "AS EXPECTED \(Figures.counted(cells, "cell"))" + UnseenText.suffix(record.kernel)
      }
      let done = (record.cells + record.mutantCells).count { $0.outcome != MatrixRecord.Cell.unfinished }
      let open = record.timing.threadRuns.count { $0.outcome == MatrixRecord.Cell.unfinished }
      let threads = open > 0 ? ", \(Figures.counted(open, "mutant")) not raced to the end" : ""
      return "INTERRUPTED after \(Figures.grouped(done)) of \(Figures.counted(cells, "cell"))\(threads); "
        + "no difference so far"
    }
  }
}
