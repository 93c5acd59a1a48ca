/// The first episode that differs as a reader wants to see it: small, with both traces of the operation side by side.
import Executions
import Machine
import Records

struct DifferenceReport {
  let configuration: DifferentialConfiguration
  let episode: UInt64
  let kind: String
  private let isStopped: () -> Bool

  init(
    _ configuration: DifferentialConfiguration, episode: UInt64, kind: String, isStopped: @escaping () -> Bool
  ) {
    self.isStopped = isStopped
    self.configuration = configuration
    self.episode = episode
    self.kind = kind
  }

  /// - Returns: nil if it does not differ any more.
  func make() -> DiffRecord.Difference? {
    guard let pair = DifferentialPair(configuration) else { return nil }
    let found = SequentialEpisode(configuration, episode)
    guard pair.compare(found).discrepancy?.kind == kind else { return nil }
    let small = pair.shrink(found, kind, isStopped: isStopped)
    let outcome = pair.compare(small, keepsEntries: true)
    guard let discrepancy = outcome.discrepancy else { return nil }
    let (lines, first) = lines(outcome, discrepancy)
    let texts = texts(small)
    return DiffRecord.Difference(
      episode: episode, class: kind, scenario: small.frame.scenario, foundOperations: found.operations,
      shownOperations: small.operations, regions: small.frame.regions.map { $0.isPrivate ? "private" : "shared" },
      flags: flags(small), before: Array(texts.prefix(discrepancy.operation)),
      operation: discrepancy.operation < texts.count ? texts[discrepancy.operation] : "the VM's end", lines: lines,
      firstLine: first, command: "\(configuration.prefix) \(episode)")
  }

  private func flags(_ episode: SequentialEpisode) -> [String] {
    (episode.frame.injectsBusy ? ["SEAMCALLs may be busy"] : [])
      + (episode.frame.mayYield ? ["walks may yield"] : []) + (episode.frame.endsInTeardown ? ["the VM ends"] : [])
  }

  private func texts(_ episode: SequentialEpisode) -> [String] {
    func text(_ step: SequentialEpisode.Step) -> String {
      let range = step.request.range
      let last = range.count > 1 ? "-\((range.upperBound - 1).hex)" : ""
      return "\(step.request.operation.name) \(range.lowerBound.hex)\(last)"
    }
    return episode.setup.map { "setup: \(text($0))" } + episode.steps.map { "thread \($0.thread): \(text($0))" }
  }

  // MARK: Lines

  private func lines(
    _ outcome: DifferentialPair.Outcome, _ discrepancy: Discrepancy
  ) -> (lines: [DiffRecord.Difference.Line], first: Int) {
    let index = discrepancy.operation
    let (model, other) = (outcome.model.operations[index], outcome.other.operations[index])
    var lines: [DiffRecord.Difference.Line] = []
    func add(_ left: String?, _ right: String?) { lines.append(.init(model: left ?? "", kernel: right ?? "")) }
    let aligned = align(model.steps, other.steps)
    for (left, right) in aligned { add(left?.text, right?.text) }
    add(model.violation.map { "broken: \($0)" }, other.violation.map { "broken: \($0)" })
    if lines.last == .init(model: "", kernel: "") { lines.removeLast() }
    add("result \(model.result.rawValue)", "result \(other.result.rawValue)")
    add("kicks \(model.kicks)", "kicks \(other.kicks)")
    if discrepancy.aspect == .tables {
      let (left, right) = (model.entries, other.entries)
      for entry in left where !right.contains(entry) { add("afterwards \(entry.text)", nil) }
      for entry in right where !left.contains(entry) { add(nil, "afterwards \(entry.text)") }
    }
    if discrepancy.aspect == .statistics {
      lines = zip(Self.text(outcome.model.statistics), Self.text(outcome.other.statistics)).map {
        .init(model: $0, kernel: $1)
      }
    }
    return (lines, lines.firstIndex { !$0.isAlike } ?? 0)
  }

  private static func text(_ statistics: EpisodeTrace.Statistics) -> [String] {
    zip(["4K", "2M", "1G"], statistics.pages).map { "pages \($0) \($1)" }
      + [
        "tables \(statistics.tables.map { "\($0)" } ?? "not counted")",
        "possible NX huge pages \(statistics.possibleNxHugePages)",
      ]
  }

  /// The longest common subsequence, so that one step more or less does not mark all that follow.
  private func align(_ left: [ComparedStep], _ right: [ComparedStep]) -> [(ComparedStep?, ComparedStep?)] {
    let difference = right.difference(from: left)
    var (removed, inserted): (Set<Int>, Set<Int>) = ([], [])
    for change in difference {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): inserted.insert(offset)
      }
    }
    var rows: [(ComparedStep?, ComparedStep?)] = []
    var (model, other) = (0, 0)
    while model < left.count || other < right.count {
      let (isRemoved, isInserted) = (removed.contains(model), inserted.contains(other))
      if isRemoved && isInserted || !isRemoved && !isInserted {
        rows.append((left[model], right[other]))
        (model, other) = (model + 1, other + 1)
      } else if isRemoved {
        rows.append((left[model], nil))
        model += 1
      } else {
        rows.append((nil, right[other]))
        other += 1
      }
    }
    return rows
  }
}
