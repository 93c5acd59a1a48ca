/// The engine of `stress series`: each commit built and run, its parent's failures replayed, and each failure told of
/// the commit that brought it.
import Episodes
import Foundation
import KernelMMU
import Records
import Synchronization

/// What a running series tells about itself.
package struct SeriesProgress: Sendable {
  package var elapsedSeconds: Double
  /// Commits that are done with, the base among them.
  package var commits: Int
  package var ofCommits: Int
  /// What goes on with the next.
  package var phase: String
}

/// A series: made from a configuration, run once.
package final class Series: Sendable {
  private struct State {
    var done = 0
    var phase = ""
    /// What had to be found out so far.
    var found = 0
    var record: SeriesRecord?
  }

  package let configuration: SeriesConfiguration
  private let launcher: any SeriesLauncher
  private let state = Mutex(State())
  private let stopRequested = Atomic(false)

  package init(configuration: SeriesConfiguration, launcher: any SeriesLauncher) {
    self.configuration = configuration
    self.launcher = launcher
  }

  /// Asks a running series to end; safe from any thread and from a signal source. `run` then returns what is known.
  package func requestStop() {
    stopRequested.store(true, ordering: .releasing)
    launcher.interrupt()
  }

  private var isStopped: Bool { stopRequested.load(ordering: .acquiring) }

  /// Runs all commits, or up to `requestStop`. Blocks the calling thread.
  /// - Parameter progress: called about ten times a second.
  package func run(progress: (SeriesProgress) -> Void = { _ in }) -> SeriesRecord {
    let clock = StopWatch()
    WorkerThreads.run(
      count: 1,
      work: { [self] _ in
        let record = work(clock)
        state.withLock { $0.record = record }
      },
      tick: {
        let (done, phase) = state.withLock { ($0.done, $0.phase) }
        progress(
          SeriesProgress(
            elapsedSeconds: clock.seconds, commits: done, ofCommits: configuration.commits.count + 1, phase: phase))
      })
    return state.withLock { $0.record } ?? SeriesRun(trials(), configuration).record(clock, [], [], isInterrupted: true)
  }

  private func trials() -> SeriesTrials {
    SeriesTrials(
      configuration: configuration, memory: SeriesMemory(cache: configuration.cache), launcher: launcher,
      compilers: KernelBuilder.compilers(scratch: configuration.scratch), isStopped: { [self] in isStopped },
      tell: { [self] phase in
        state.withLock { state in
          state.phase = phase
          state.found += 1
        }
      })
  }

  private func work(_ clock: StopWatch) -> SeriesRecord {
    let trials = trials()
    var run = SeriesRun(trials, configuration)
    var (seconds, found) = ([Double](), [Int]())
    for place in run.history.nodes.indices {
      let (begin, before) = (clock.seconds, state.withLock { $0.found })
      if !isStopped { run.look(at: place) }
      seconds.append(clock.seconds - begin)
      found.append(state.withLock { $0.found } - before)
      state.withLock { $0.done += 1 }
    }
    trials.memory.prune()
    return run.record(clock, seconds, found, isInterrupted: isStopped)
  }
}

/// One pass over the commits, in their order.
struct SeriesRun {
  private(set) var history: SeriesHistory
  private let trials: SeriesTrials
  private let configuration: SeriesConfiguration
  private var faults: [String] = []

  init(_ trials: SeriesTrials, _ configuration: SeriesConfiguration) {
    self.trials = trials
    self.configuration = configuration
    history = SeriesHistory(base: configuration.base, commits: configuration.commits)
  }

  mutating func look(at place: Int) {
    do throws(SeriesTrials.Fault) {
      let content = try trials.content(history[place].row.commit)
      history[place].content = content
      if place > 0 && passOver(place, content) { return }
      try attempt(place, content)
    } catch {
      history[place].row.reason = error.text
      history[place].row.state = error.isOfRepository ? .notReadable : .harnessFault
      guard !error.isOfRepository else { return }
      let name = place == 0 ? "the base" : "commit \(place)"
      faults.append("\(name): \(error.text)")
    }
  }

  /// Merges, and commits that have the files of their parent.
  private mutating func passOver(_ place: Int, _ content: SeriesTrials.Content) -> Bool {
    let isMerge = history[place].parents.count > 1
    let parents = history.nodes.indices.filter { history[place].parents.contains(history[$0].row.commit) }
    let alike = parents.first { history[$0].content?.key == content.key }
    guard isMerge || alike != nil else { return false }
    history[place].row.state = isMerge ? .merge : .notAffected
    if let alike {
      history[place].isKnown = history[alike].isKnown
      history[place].failing = history[alike].failing
      history[place].version = history[alike].version
      history[place].demands = history[alike].demands
    } else {
      // What it was merged of is known, what came of it is not: the next commit is tried whatever it changes.
      history[place].failing = parents.reduce(into: Set()) { $0.formUnion(history[$1].failing) }
    }
    return true
  }

  private mutating func attempt(_ place: Int, _ content: SeriesTrials.Content) throws(SeriesTrials.Fault) {
    guard let builds = try trials.builds(content) else { return }
    history[place].row.builds = builds.builds
    history[place].version = builds.version
    let parent = history.known(before: place)
    history[place].demands = builds.demands
    if let parent {
      history[place].row.demands = builds.demands.filter { !history[parent].demands.contains($0) }
    }
    if let failure = builds.builds.first(where: { $0.failure != nil }) {
      history[place].row.state = .doesNotBuild
      let isOfAll = builds.builds.allSatisfy { $0.failure != nil }
      let compiler = failure.compiler.split(separator: " ").prefix(2).joined(separator: " ")
      history[place].row.reason = (failure.failure ?? "") + (isOfAll ? "" : ", with \(compiler)")
      return
    }
    var operations: [String] = []
    if place > 0 {
      let from = configuration.commits[place - 1].parents.first ?? configuration.base.id
      guard let changes = try trials.changes(from: from, to: content, builds) else { return }
      history[place].row.changed = changes.seen
      history[place].row.unseen = changes.unseen
      operations = changes.operations
    }
    var failing: Set<Int> = []
    for number in history.inherited(place).sorted() {
      guard let outcome = try trials.replay(history.failure(number).token, content) else { return }
      if outcome == .fails { failing.insert(number) }
    }
    // What is broken already hides what else a campaign would come to.
    guard !failing.isEmpty else {
      try search(place, content, operations)
      return try countLines(place, content)
    }
    history[place].failing = failing
    history[place].isKnown = true
    history[place].row.state = .tried
  }

  private mutating func search(
    _ place: Int, _ content: SeriesTrials.Content, _ operations: [String]
  ) throws(SeriesTrials.Fault) {
    var search = SeriesTrials.Search()
    let isDone = try trials.search(content, operations, into: &search)
    history[place].row.pairs = search.pairs
    history[place].row.schedules = search.schedules
    history[place].code = search.code
    guard isDone else { return }
    if var failure = search.failure {
      failure.foundAt = history[place].row.number
      guard try blame(&failure, place) else { return }
    }
    history[place].isKnown = true
    history[place].row.state = .tried
  }

  private mutating func countLines(_ place: Int, _ content: SeriesTrials.Content) throws(SeriesTrials.Fault) {
    guard place > 0, let code = history[place].code else { return }
    let from = configuration.commits[place - 1].parents.first ?? configuration.base.id
    guard let changed = try trials.lines(from: from, to: content) else { return }
    history[place].row.lines = SeriesLines.counted(changed, code)
  }

  /// Looks for the commit that brought a failure, back from where it was found.
  /// - Returns: false where it was asked to end.
  private mutating func blame(
    _ failure: inout SeriesRecord.Failure, _ place: Int
  ) throws(SeriesTrials.Fault) -> Bool {
    var before: [Int] = []
    var (child, key) = (place, history[place].content?.key)
    while let next = history.known(before: child) {
      let known = history[next].failing.first { history.failure($0).checker == failure.checker }
      if let known {
        history.note(failure, at: place, before: before, same: known)
        return true
      }
      guard let content = history[next].content else { break }
      if content.key != key {
        guard !failure.token.isEmpty else { break }
        guard let outcome = try trials.replay(failure.token, content) else { return false }
        guard outcome == .fails else { break }
      }
      before.append(next)
      (child, key) = (next, content.key)
    }
    history.note(failure, at: place, before: before, same: nil)
    return true
  }

  func record(_ clock: StopWatch, _ seconds: [Double], _ found: [Int], isInterrupted: Bool) -> SeriesRecord {
    var record = SeriesRecord(
      build: .current, repository: configuration.repository, range: configuration.range,
      version: history.nodes.lazy.compactMap(\.version).first, seed: SeedText.format(configuration.seed),
      schedules: configuration.schedules, executions: configuration.executions, commits: history.rows,
      harnessFaults: faults, interrupted: isInterrupted,
      timing: .init(elapsedSeconds: clock.seconds, jobs: configuration.jobs, commits: seconds, found: found))
    record.code = history.nodes.last { $0.code != nil }?.code
    return record
  }
}
