/// Whether two records are of one campaign: only then does what one has and the other lacks mean anything.
import Records

enum Campaigns {
  /// What two records were asked to run, and differs. Seeds may: each night has its own. So may the version of a
  /// kernel, which is what is compared then.
  static func differences(_ before: RunRecord, _ after: RunRecord) -> [String] {
    zip(traits(before), traits(after)).compactMap { before, after in
      before.value == after.value ? nil : "\(before.name) \(before.value) and \(after.value)"
    }
  }

  static func differences(_ before: MatrixRecord, _ after: MatrixRecord) -> [String] {
    let pairs = [("threads", before.threads, after.threads)].filter { $0.1 != $0.2 }
    return pairs.map { "\($0.0) \($0.1) and \($0.2)" }
  }

  private static func traits(_ record: RunRecord) -> [(name: String, value: String)] {
    let exploration = record.exploration
    let mix = record.mix.filter { $0.value > 0 }.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return [
      ("engine", record.engine.rawValue), ("subject", record.subject),
      ("protocol", record.kernel == nil ? record.protocol : "of a kernel"), ("mutant", record.mutant ?? "none"),
      ("policy", record.policy), ("threads", "\(record.threads)"), ("mix", mix.joined(separator: ",")),
      ("busy", "\(record.busyPercent)"), ("perturb", record.perturb), ("memory", "\(record.memoryGiB) GiB"),
      ("scenario", exploration?.scenario ?? record.replay?.scenario ?? ""),
      ("strategy", exploration?.strategy ?? ""), ("operations", "\(exploration?.operationsPerThread ?? 0)"),
      ("shard", exploration?.shard ?? ""), ("plain accesses", "\(record.kernel?.plainAccesses ?? false)"),
      ("token", record.replay?.token ?? ""),
    ]
  }

  /// Why a failure of the first record that the second has not shown is not known to be fixed; nil if it is.
  ///
  /// Only the same schedules can tell: other seeds draw others, and threads never meet twice.
  static func doubt(_ before: RunRecord, _ after: RunRecord) -> String? {
    if after.verdict == .harnessFault { return "the harness failed in the second" }
    if let other = after.violations.first { return "the second ended at \(other.checker)" }
    if after.interrupted { return "the second was interrupted" }
    if after.replay != nil { return nil }
    guard let exploration = after.exploration else { return "threads need not meet again" }
    if before.seed != after.seed { return "the second has another seed" }
    let failed = before.exploration?.schedules ?? .max
    return exploration.schedules >= failed ? nil : "the second ran fewer schedules"
  }

  /// The same of a cell.
  static func doubt(_ cell: String, _ before: MatrixRecord, _ after: MatrixRecord) -> String? {
    if after.verdict == .harnessFault { return "the harness failed in the second" }
    if before.seed != after.seed { return "the second has another seed" }
    func name(_ cell: MatrixRecord.Cell) -> String {
      cell.mutant.map { "mutant \($0), strategy \(cell.strategy)" }
        ?? "protocol \(cell.protocol), policy \(cell.policy), scenario \(cell.scenario)"
    }
    let all = [before, after].map { record in (record.cells + record.mutantCells).first { name($0) == cell } }
    // What is about a mutant as a whole has no cell of its name.
    guard let first = all[0] else { return after.interrupted ? "the second was interrupted" : nil }
    guard let second = all[1], second.outcome != MatrixRecord.Cell.unfinished else {
      return "the second did not run it"
    }
    return second.limit >= first.schedules ? nil : "the second ran fewer schedules"
  }
}
