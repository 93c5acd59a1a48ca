import Records

/// The first lines of a report: what ran, how much of it, how fast.
extension TextReport {
  static func header(_ record: RunRecord, width: Int = width) -> [String] {
    let lines =
      switch RunKind(record) {
      case .soak: soakLines(record)
      case .explore: exploreLines(record)
      case .replay: replayLines(record)
      case .minimize: minimizeLines(record)
      }
    return (lines + cut(record) + origin(record.kernel, record.build)).flatMap {
      TextWrap.hanging("", $0.onOneLine, width: width)
    }
  }

  /// What was tested, and by what.
  static func origin(_ kernel: RunRecord.Kernel?, _ build: ToolBuild?) -> [String] {
    (kernel?.origin ?? []) + (build.map { [$0.text] } ?? [])
  }

  private static func subject(_ record: RunRecord) -> String {
    "seed \(record.seed), \(model(record))"
  }

  /// A token has no seed: all that was drawn stands in it.
  private static func model(_ record: RunRecord) -> String {
    if let kernel = record.kernel {
      let plain = kernel.plainAccesses ? ", plain accesses" : ""
      return "Linux \(kernel.version), tree \(kernel.tree)\(plain), policy \(record.policy)"
    }
    return "protocol \(record.protocol), mutant \(record.mutant ?? "none"), policy \(record.policy)"
  }

  private static func soakLines(_ record: RunRecord) -> [String] {
    [
      "\(subject(record)), \(Figures.counted(record.threads, "thread"))",
      "\(Figures.counted(record.rounds, "round")), \(Figures.counted(record.operations, "operation")) in "
        + "\(seconds(record)), \(Figures.rate(record.timing.operationsPerSecond)) ops/s, "
        + "\(record.timing.liveThreads) live at once, \(memory(record))",
      "busy \(Figures.fixed(record.busyPercent, digits: 1))%, perturb \(record.perturb), "
        + "guest of \(record.memoryGiB) GiB, mix \(mix(record))",
    ]
  }

  private static func exploreLines(_ record: RunRecord) -> [String] {
    guard let exploration = record.exploration else { return [subject(record)] }
    let threads = Figures.counted(record.threads, "thread")
    let operations = Figures.counted(exploration.operationsPerThread, "operation")
    let shard = exploration.shard.map { ", shard \($0)" } ?? ""
    let rates = [
      rate(exploration.schedules, "schedules", record), rate(exploration.schedulePoints, "points", record),
      Figures.rate(record.timing.operationsPerSecond) + " ops/s",
    ]
    return [
      subject(record),
      "scenario \(exploration.scenario), \(threads) x \(operations), strategy \(exploration.strategy)\(shard)",
      "\(Figures.counted(exploration.schedules, "schedule")), "
        + "\(Figures.counted(exploration.schedulePoints, "schedule point")), "
        + "\(Figures.counted(record.operations, "operation")) in \(seconds(record))",
      "\(rates.joined(separator: ", ")), \(memory(record))",
    ]
  }

  /// What a limit or a signal has left undone, and nothing else tells.
  private static func cut(_ record: RunRecord) -> [String] {
    guard let cut = record.cut else { return [] }
    if cut.schedules > 0 {
      return ["cut short: \(Figures.counted(cut.schedules, "schedule")) begun and not ended, not counted"]
    }
    return ["cut short: \(Figures.counted(cut.operations, "operation")) of the last round not begun"]
  }

  private static func replayLines(_ record: RunRecord) -> [String] {
    guard let replay = record.replay else { return ["replay, \(model(record))"] }
    return ["replay, \(model(record))", "scenario \(replay.scenario): \(SizeText.render(replay.size))"]
  }

  private static func minimizeLines(_ record: RunRecord) -> [String] {
    guard let reproduction = record.violations.first?.reproduction else { return ["minimize, \(model(record))"] }
    return [
      "minimize, \(model(record))",
      "scenario \(reproduction.scenario), \(Figures.counted(reproduction.minimizingExecutions, "execution")) in "
        + "\(seconds(record))",
    ]
  }

  private static func rate(_ count: UInt64, _ noun: String, _ record: RunRecord) -> String {
    let elapsed = record.timing.elapsedSeconds
    return "\(elapsed > 0 ? Figures.rate(Double(count) / elapsed) : "0") \(noun)/s"
  }

  private static func seconds(_ record: RunRecord) -> String {
    let elapsed = record.timing.elapsedSeconds
    return "\(Figures.fixed(elapsed, digits: elapsed > 0 && elapsed < 1 ? 3 : 1)) s"
  }

  private static func memory(_ record: RunRecord) -> String {
    "peak memory \(Figures.mebibytes(record.timing.peakResidentBytes))"
  }

  private static func mix(_ record: RunRecord) -> String {
    let weights = record.mix.filter { $0.value > 0 }.sorted { $0.key < $1.key }
    return weights.isEmpty ? "none" : weights.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
  }
}
