/// The engine that executes every class of interleavings of a plan's items, from a configuration to a record.
import Episodes
import Executions
import Foundation
import KernelMMU
import Machine
import MirrorMMU
import Records
import Scheduling
import SecureEPT
import Synchronization

package struct ExhaustConfiguration: Sendable {
  /// What of an item is counted: so all of it is searched.
  package enum Counting: String, CaseIterable, Sendable {
    case classes, states

    func method(_ subject: Subject) -> EpisodeSearch.Method {
      self == .classes ? .classes(.everyClass) : .states(trust: subject.isKernel ? .tables : .all)
    }
  }

  package var protocolName: ProtocolName
  package var mutant: Mutant?
  /// Run in the model's place.
  package var kernel: KernelSubject?
  package var policy: Policy
  package var plan: ExhaustPlan
  /// Questions of a thread that are answered yes in an execution, at most; 0 to 4.
  package var answers: Int
  /// Interleavings in which threads that could go on are left more often are passed over; nil for none.
  package var preemptions: Int?
  /// nil for whatever is soonest complete.
  package var counting: Counting?
  /// Executions of one item, at most.
  package var executionLimit: UInt64
  /// nil for as long as it takes.
  package var seconds: Double?
  package var jobs: Int
  /// What broke a rule is made smaller before it is told.
  package var minimizes = true
  /// All items are executed, whatever was found.
  package var keepsGoing = false
  /// Which of several parts of the plan to execute: every `count`-th item.
  package var shard: ExploreConfiguration.Shard?
  /// A record of the same search: what is complete in it is taken over.
  package private(set) var earlier: ExhaustRecord?
  /// Where a failure is kept; nil for nowhere.
  package var failureDirectory: String?

  package init(
    protocolName: ProtocolName, mutant: Mutant?, kernel: KernelSubject? = nil, policy: Policy, plan: ExhaustPlan,
    answers: Int, executionLimit: UInt64, seconds: Double?, jobs: Int
  ) {
    self.kernel = kernel
    self.protocolName = protocolName
    self.mutant = mutant
    self.policy = policy
    self.plan = plan
    self.answers = answers
    self.executionLimit = executionLimit
    self.seconds = seconds
    self.jobs = jobs
  }

  /// Takes over what is complete in `record`.
  /// - Returns: false if it is of another search, or by another build of the tool.
  package mutating func resume(_ record: ExhaustRecord) -> Bool {
    let isSame = record.answers(
      protocolName: subject.name, mutant: mutant?.rawValue, tree: kernel.map { SeedText.format($0.treeHash) },
      policy: policy.rawValue, answers: answers, preemptions: preemptions, build: .current)
    if isSame { earlier = record }
    return isSame
  }

  var subject: Subject { Subject(protocolName, mutant, kernel) }
}

/// What a running search tells about itself.
package struct ExhaustProgress: Sendable {
  package var elapsedSeconds: Double
  package var items: Int
  package var ofItems: Int
  /// Items of which nothing is left.
  package var complete: Int
  package var classes: UInt64
  /// Executions that the items still take, at most as far as can be told; nil where that can not.
  package var executionsLeft: Double?
}

package final class Exhaust: Sendable {
  /// Items are dealt in their order, again and again with more executions for those that were not complete: what is
  /// small is complete before what is large uses up the time. What came of them counts in the same order, up to the
  /// first that broke a rule, so what is told does not depend on who was quick.
  private struct Board {
    struct Given {
      var turn: Turn
      var result: EpisodeSearch.Result
      var finding: Finding?
    }

    struct Turn: Comparable {
      var stage: Int
      var item: Int

      static func < (left: Turn, right: Turn) -> Bool { (left.stage, left.item) < (right.stage, right.item) }
    }

    /// What is to be dealt, in order.
    var turns: [Turn]
    var next = 0
    /// Turns that somebody is at.
    var open = 0
    var order = InOrder<Given>(from: 0)
    /// Of the stage under way: those that go on in the next.
    var later: [Turn] = []
    var results: [EpisodeSearch.Result?]
    /// By item: preemptions up to which it is complete where it is not; -1 for none.
    var bounds: [Int]
    var first: (item: Int, finding: Finding)?
    var classes: UInt64 = 0
    var done = 0
    var faults: [String] = []

    var complete: Int { results.count { $0?.end == .complete } }

    /// Each search begins at the beginning, so of one that has come so far all of it is left.
    var executionsLeft: Double? {
      var sum = 0.0
      for result in results {
        guard let result else { return nil }
        guard case .partial(let explored) = result.end else { continue }
        guard let explored, explored > 0 else { return nil }
        sum += Double(result.executions) / explored
      }
      return sum
    }
  }

  package let configuration: ExhaustConfiguration
  private let board: Mutex<Board>
  private let stages: [ExhaustStage]
  private let stopRequested = Atomic(false)
  private let reproduced = Mutex<RunRecord.Reproduction?>(nil)

  package init(configuration: ExhaustConfiguration) {
    self.configuration = configuration
    stages = ExhaustStage.all(
      configuration.subject, counting: configuration.counting, preemptions: configuration.preemptions,
      limit: configuration.executionLimit)
    let items = configuration.plan.items
    let known = Self.known(configuration)
    let shard = configuration.shard
    let own = items.indices.filter { index in
      known[index] == nil && (shard.map { UInt64(index) % $0.count == $0.index - 1 } ?? true)
    }
    board = Mutex(
      Board(
        turns: own.map { .init(stage: 0, item: $0) }, results: known, bounds: known.map { _ in -1 },
        done: known.count { $0 != nil }))
  }

  /// What an earlier search of the same has completed, by item.
  private static func known(_ configuration: ExhaustConfiguration) -> [EpisodeSearch.Result?] {
    let places = (configuration.earlier?.items ?? []).filter { $0.end == "complete" }
    let byName = Dictionary(places.map { ("\($0.operations), \($0.table)", $0) }) { first, _ in first }
    return configuration.plan.items.map { item in
      byName["\(item.name), \(item.table)"].map {
        EpisodeSearch.Result(
          end: .complete, classes: $0.classes, states: $0.states, executions: $0.executions, longest: $0.longest)
      }
    }
  }

  /// How the violation of the record is repeated; nil while there is none.
  var reproduction: RunRecord.Reproduction? { reproduced.withLock { $0 } }

  /// Asks a running search to end; safe from any thread.
  package func requestStop() { stopRequested.store(true, ordering: .releasing) }

  /// Runs to the end of the plan, of its time, or to `requestStop`. Blocks the calling thread.
  /// - Parameter progress: called about ten times a second.
  package func run(progress: (ExhaustProgress) -> Void = { _ in }) -> ExhaustRecord {
    let clock = StopWatch()
    let code = CodeCount(configuration.kernel)
    let deadline = DispatchTime.now() + (configuration.seconds ?? .infinity)
    WorkerThreads.run(
      count: configuration.jobs, work: { _ in self.work(until: deadline) },
      tick: {
        let (items, complete, classes, left) = board.withLock { ($0.done, $0.complete, $0.classes, $0.executionsLeft) }
        progress(
          ExhaustProgress(
            elapsedSeconds: clock.seconds, items: items, ofItems: configuration.plan.items.count, complete: complete,
            classes: classes, executionsLeft: left))
      })
    var record = record(clock)
    record.code = CodeCoverage.sum([configuration.earlier?.code, code?.result].compactMap { $0 })
    return record
  }

  private func work(until deadline: DispatchTime) {
    let tasks = configuration.plan.items.map(\.episode.threads.count).max() ?? 1
    guard
      let search = EpisodeSearch(
        tasks: tasks, subject: configuration.subject, policy: configuration.policy,
        mostYes: UInt32(configuration.answers)),
      search.world.scheduler.registerThread()
    else { return board.withLock { $0.faults.append("no address space for the stacks of \(tasks) threads") } }
    defer { search.world.scheduler.unregisterThread() }
    func goesOn() -> Bool { !stopRequested.load(ordering: .acquiring) && DispatchTime.now() < deadline }
    while goesOn(), let (piece, turn) = take() {
      let stage = stages[turn.stage]
      let episode = stage.episode(of: configuration.plan.items[turn.item])
      let result = search.run(
        episode, by: stage.method, answers: stage.isQuiet ? 0 : nil, limit: stage.executions, goesOn: goesOn)
      var finding: Finding?
      if result.end == .violation { finding = search.finding(episode) }
      give(piece, .init(turn: turn, result: result, finding: finding))
    }
  }

  /// Waits where what comes next depends on what others are at.
  private func take() -> (piece: UInt64, turn: Board.Turn)? {
    while true {
      let (dealt, isOver) = board.withLock { board -> ((UInt64, Board.Turn)?, Bool) in
        if board.next < board.turns.count {
          guard let piece = board.order.take() else { return (nil, true) }
          board.next += 1
          board.open += 1
          return ((piece, board.turns[board.next - 1]), false)
        }
        if board.open > 0 { return (nil, false) }
        guard !board.later.isEmpty, board.first == nil || configuration.keepsGoing else { return (nil, true) }
        board.turns = board.later.sorted()
        board.later = []
        board.next = 0
        return (nil, false)
      }
      if let dealt { return dealt }
      if isOver || stopRequested.load(ordering: .acquiring) { return nil }
      usleep(200)
    }
  }

  private func give(_ piece: UInt64, _ given: Board.Given) {
    board.withLock { board in
      board.open -= 1
      let isLast = given.finding != nil && !configuration.keepsGoing
      for (_, given) in board.order.give(piece, given, isLast: isLast) {
        count(given.turn, given.result, given.finding, &board)
      }
    }
  }

  private func count(
    _ turn: Board.Turn, _ result: EpisodeSearch.Result, _ finding: Finding?, _ board: inout Board
  ) {
    let item = configuration.plan.items[turn.item]
    let stage = stages[turn.stage]
    let isAside = (stage.isQuiet || stage.preemptions != configuration.preemptions) && result.end != .violation
    if isAside {
      if result.end == .complete && !stage.isQuiet { board.bounds[turn.item] = stage.preemptions ?? -1 }
      if board.results[turn.item] == nil {
        board.done += 1
        board.results[turn.item] = EpisodeSearch.Result(
          end: .partial(explored: nil), executions: result.executions, longest: result.longest)
      }
    } else {
      let before = board.results[turn.item]
      if before == nil { board.done += 1 }
      // Of what is not complete the search that came farthest is told of.
      if !result.isPartial || result.size > before?.size ?? 0 {
        board.classes += max(result.size, before?.size ?? 0) - (before?.size ?? 0)
        board.results[turn.item] = result
      }
    }
    if result.isPartial || isAside, let next = next(after: turn.stage, board.bounds[turn.item], result.longest) {
      board.later.append(.init(stage: next, item: turn.item))
    }
    if case .fault(let text) = result.end { board.faults.append("\(item.name): \(text)") }
    if result.end == .violation && finding == nil {
      board.faults.append(
        "\(item.name) broke a rule and did not when run again: the harness is not deterministic")
    }
    if let finding, board.first == nil { board.first = (turn.item, finding) }
  }

  /// - Parameters:
  ///   - bound: preemptions up to which the item is complete.
  ///   - longest: steps of an execution of it.
  private func next(after stage: Int, _ bound: Int, _ longest: Int) -> Int? {
    stages.indices.dropFirst(stage + 1).first {
      longest <= stages[$0].mostSteps
        && (stages[$0].preemptions == configuration.preemptions || bound < stages[$0].preemptions ?? 0)
    }
  }

  private func record(_ clock: StopWatch) -> ExhaustRecord {
    let (results, bounds, first, faults) = board.withLock { ($0.results, $0.bounds, $0.first, $0.faults) }
    let violation = first.map { told($0.item, $0.finding) }
    let items = zip(configuration.plan.items.indices, results).map { index, result in
      let item = configuration.plan.items[index]
      return ExhaustRecord.Item(
        operations: item.name, table: item.table, end: result.map { Self.name($0.end) } ?? "not run",
        classes: result?.classes ?? 0,
        states: result?.states ?? 0, executions: result?.executions ?? 0, longest: result?.longest ?? 0,
        bound: result?.end == .complete || bounds[index] < 0 ? nil : bounds[index],
        explored: result.flatMap { Self.explored($0.end) })
    }
    return ExhaustRecord(
      build: .current, protocolName: configuration.subject.name, mutant: configuration.mutant?.rawValue,
      kernel: configuration.kernel.map { RunRecord.Kernel($0) }, policy: configuration.policy.rawValue,
      answers: configuration.answers, preemptions: configuration.preemptions,
      executionLimit: configuration.executionLimit, items: items, violation: violation, harnessFaults: faults,
      shard: configuration.shard.map { "\($0.index)/\($0.count)" },
      interrupted: stopRequested.load(ordering: .acquiring),
      timing: .init(elapsedSeconds: clock.seconds, jobs: configuration.jobs))
  }

  private static func explored(_ end: EpisodeSearch.End) -> Double? {
    if case .partial(let explored) = end { explored } else { nil }
  }

  private static func name(_ end: EpisodeSearch.End) -> String {
    switch end {
    case .complete: "complete"
    case .partial: "partial"
    case .violation: "violation"
    case .fault: "fault"
    }
  }

  /// The first violation goes the way of any: minimised, and verified in a fresh world.
  private func told(_ item: Int, _ finding: Finding) -> ExhaustRecord.Violation {
    var final = finding
    var reproduction: RunRecord.Reproduction?
    if let replayer = Replayer(
      tasks: finding.episode.threads.count, subject: configuration.subject, policy: configuration.policy)
    {
      let pipeline = FailurePipeline(
        configuration.subject, minimizes: configuration.minimizes, directory: configuration.failureDirectory,
        comments: [],
        notice: { _ in }, phase: { _ in })
      (reproduction, final) = pipeline.run(finding, replayer, schedule: UInt64(item))
      replayer.world.scheduler.unregisterThread()
    }
    reproduced.withLock { $0 = reproduction }
    let (violation, item) = (final.violation, configuration.plan.items[item])
    return ExhaustRecord.Violation(
      operations: item.name, table: item.table, checker: violation.checker.name, rule: violation.checker.rule,
      expected: violation.expected, seen: violation.seen, token: reproduction?.token ?? "",
      verified: reproduction?.verified ?? 0, replays: FailurePipeline.replays, interleaving: reproduction?.interleaving)
  }
}

extension EpisodeSearch {
  /// What the last execution broke, written down as a schedule that any world can follow.
  /// - Returns: nil if it does not happen again.
  func finding(_ episode: Episode) -> Finding? {
    guard let violation = world.violation else { return nil }
    guard let fresh = Replayer(tasks: episode.threads.count, subject: world.subject, policy: world.episode.policy)
    else { return nil }
    defer { _ = world.scheduler.registerThread() }
    if world.isPrepared {
      guard let found = Minimizer.written(Replayer(world), violation) else { return nil }
      _ = fresh.replay(episode, found.schedule, isStrict: false)
    } else {
      _ = fresh.world.prepare(episode)
    }
    return fresh.world.violation.flatMap { FoundFailure.write(fresh, $0) }
  }
}
