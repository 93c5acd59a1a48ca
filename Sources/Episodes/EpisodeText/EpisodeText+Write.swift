import Machine
/// The text of an episode as it is printed. What is read prints as it was, but for comments and spaces.
import Scheduling

extension EpisodeText {
  package var text: String {
    (["# \(about)", Self.heading] + subject + tables + threads + schedule + promised).joined(separator: "\n") + "\n"
  }

  private var about: String {
    guard let promise else { return "docs/episodes.md says how to read and to change this." }
    return "\(promise.checker.name): \(promise.checker.rule)."
  }

  private var subject: [String] {
    var lines: [String] = []
    if let kernelTree { lines.append("kernel-tree \(SeedText.format(kernelTree))") }
    if plainAccesses { lines.append("plain-accesses") }
    if let protocolName { lines.append("protocol \(protocolName.rawValue)") }
    if let mutant { lines.append("mutant \(mutant.rawValue)") }
    if episode.subject == .micro { lines.append("subject micro") }
    lines.append("policy \(episode.policy.rawValue)")
    lines.append("scenario \(episode.scenario.isEmpty ? "\"\"" : episode.scenario)")
    return lines
  }

  private var tables: [String] {
    var lines: [String] = []
    var regions = episode.regions[...]
    while let first = regions.first {
      let count = regions.prefix { $0 == first }.count
      regions = regions.dropFirst(count)
      lines.append(
        "region \(first.isPrivate ? "private" : "shared")" + (first.allowsHuge ? " huge" : "")
          + (count > 1 ? " x\(count)" : ""))
    }
    lines += EpisodeOption.allCases.filter { $0.isSet(episode) }.map { "option \($0.rawValue)" }
    return lines + episode.populated.map { "before \(Self.text($0))" }
  }

  private var threads: [String] {
    episode.threads.enumerated().flatMap { index, requests in
      ["thread \(index)"] + requests.map { "  \(Self.text($0))" }
    }
  }

  private static func text(_ request: Request) -> String {
    let first = request.range.lowerBound.hex
    let last = request.range.count > 1 ? "-\((request.range.upperBound - 1).hex)" : ""
    return "\(request.operation.name) \(first)\(last)" + (request.draw > 0 ? " draw \(request.draw)" : "")
  }

  private var schedule: [String] {
    switch plan {
    case .seed(let seed, let strategy): ["seed \(SeedText.format(seed))", "strategy \(strategy.rawValue)"]
    case .turns(let turns, let answers):
      turns.map { "turn \($0.thread)" + ($0.steps.map { " \($0)" } ?? "") } + answers.map(Self.text)
    case .schedule(let schedule):
      schedule.switches.map { change in
        let place = change.task == Schedule.start ? "start" : "thread \(change.task)"
        // The first choice stands before any step.
        let step = change.task == Schedule.start && change.step == 0 ? "" : " step \(change.step)"
        return "switch \(place)\(step) to \(change.next)"
      } + schedule.answers.map(Self.text)
    }
  }

  private static func text(_ answer: Schedule.Answer) -> String { "yes thread \(answer.task) question \(answer.index)" }

  private var promised: [String] {
    promise.map { ["expect \($0.checker.name) \(SeedText.format($0.eventHash))"] } ?? []
  }
}

/// An episode's yes and no, by name.
enum EpisodeOption: String, CaseIterable {
  case busy, yield, teardown
  case proveMmu = "prove-mmu"
  case noLockdep = "no-lockdep"
  case deadTd = "dead-td"
  case noInterrupts = "no-interrupts"

  func isSet(_ episode: Episode) -> Bool {
    switch self {
    case .busy: episode.injectsBusy
    case .yield: episode.mayYield
    case .teardown: episode.endsInTeardown
    case .proveMmu: episode.provesMmu
    case .noLockdep: !episode.assertsLocks
    case .deadTd: episode.tdIsDead
    case .noInterrupts: episode.lacksInterrupts
    }
  }

  func set(_ episode: inout Episode) {
    switch self {
    case .busy: episode.injectsBusy = true
    case .yield: episode.mayYield = true
    case .teardown: episode.endsInTeardown = true
    case .proveMmu: episode.provesMmu = true
    case .noLockdep: episode.assertsLocks = false
    case .deadTd: episode.tdIsDead = true
    case .noInterrupts: episode.lacksInterrupts = true
    }
  }
}
