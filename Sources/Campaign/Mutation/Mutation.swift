/// The engine of `stress kernel mutate`: the commit itself, then each of its mutants, several at a time.
import Foundation
import KernelMMU
import Records
import Synchronization

/// What a running mutation tells about itself.
package struct MutationProgress: Sendable {
  package var elapsedSeconds: Double
  package var mutants: Int
  /// 0 while it is not known.
  package var ofMutants: Int
  /// What goes on with the commit itself.
  package var phase: String
}

/// The mutants of a commit: made from a configuration, run once.
package final class Mutation: Sendable {
  private struct State {
    var phase = ""
    var found = 0
    var mutants = 0
    var next = 0
    var done = 0
    var record: MutationRecord
    /// By what the compiler has made of it.
    var byCode: [String: [Int]] = [:]
  }

  package let configuration: MutationConfiguration
  /// One for each mutant that runs at a time.
  private let launchers: [any SeriesLauncher]
  private let state: Mutex<State>
  private let stopRequested = Atomic(false)

  /// - Parameter launcher: makes what runs one command at a time.
  package init(configuration: MutationConfiguration, launcher: () -> any SeriesLauncher) {
    self.configuration = configuration
    launchers = (0..<configuration.series.jobs).map { _ in launcher() }
    let (series, commit) = (configuration.series, configuration.commit)
    var record = MutationRecord(
      build: .current, repository: series.repository, commit: commit.id, subject: commit.subject,
      parent: series.base.id, seed: SeedText.format(series.seed), schedules: series.schedules,
      executions: series.executions)
    record.isList = configuration.isList
    state = Mutex(State(record: record))
  }

  /// Asks a running mutation to end; safe from any thread and from a signal source. `run` then returns what is known.
  package func requestStop() {
    stopRequested.store(true, ordering: .releasing)
    for launcher in launchers { launcher.interrupt() }
  }

  private var isStopped: Bool { stopRequested.load(ordering: .acquiring) }

  /// Runs all mutants, or up to `requestStop`. Blocks the calling thread.
  /// - Parameter progress: called about ten times a second.
  package func run(progress: (MutationProgress) -> Void = { _ in }) -> MutationRecord {
    let clock = StopWatch()
    func tick() {
      let (done, all, phase) = state.withLock { ($0.done, $0.mutants, $0.phase) }
      progress(MutationProgress(elapsedSeconds: clock.seconds, mutants: done, ofMutants: all, phase: phase))
    }
    let whole = trials(configuration.series, launchers[0])
    let plan = Mutex<MutationPlan?>(nil)
    WorkerThreads.run(
      count: 1,
      work: { [self] _ in
        let made = prepare(whole)
        plan.withLock { $0 = made }
      }, tick: tick)
    if let plan = plan.withLock({ $0 }) {
      state.withLock {
        $0.mutants = plan.mutants.count
        $0.phase = ""
      }
      WorkerThreads.run(
        count: min(launchers.count, plan.mutants.count), work: { [self] in work($0, plan) }, tick: tick)
    }
    whole.memory.prune()
    return state.withLock { state in
      settle(&state)
      state.record.interrupted = isStopped
      state.record.timing = .init(
        elapsedSeconds: clock.seconds, jobs: configuration.series.jobs, found: state.found)
      return state.record
    }
  }

  private func trials(_ series: SeriesConfiguration, _ launcher: any SeriesLauncher) -> SeriesTrials {
    SeriesTrials(
      configuration: series, memory: SeriesMemory(cache: series.cache), launcher: launcher,
      compilers: Array(KernelBuilder.compilers(scratch: series.scratch).prefix(1)),
      isStopped: { [self] in isStopped },
      tell: { [self] phase in
        state.withLock { state in
          state.phase = phase
          state.found += 1
        }
      })
  }

  // MARK: The commit itself

  /// - Returns: nil where there is nothing to run.
  private func prepare(_ trials: SeriesTrials) -> MutationPlan? {
    do throws(SeriesTrials.Fault) {
      var record = state.withLock { $0.record }
      defer { state.withLock { $0.record = record } }
      guard var plan = try MutationPlan(trials, configuration, &record) else { return nil }
      guard !configuration.isList else { return nil }
      return try plan.runCommit(trials, &record) ? plan : nil
    } catch {
      state.withLock { state in
        if error.isOfRepository {
          state.record.verdict = .nothingTried
          state.record.reason = error.text
        } else if !isStopped {
          state.record.verdict = .harnessFault
          state.record.harnessFaults.append(error.text)
        }
      }
      return nil
    }
  }

  // MARK: Mutants

  private func work(_ number: Int, _ plan: MutationPlan) {
    var series = configuration.series
    series.scratch = series.scratch.appendingPathComponent("worker-\(number)", isDirectory: true)
    series.jobs = 1
    series.coverage = false
    series.minimizes = false
    do { try FileManager.default.createDirectory(at: series.scratch, withIntermediateDirectories: true) } catch {
      return state.withLock {
        $0.record.harnessFaults.append("\(series.scratch.path) cannot be made: \(error.localizedDescription)")
      }
    }
    let trials = trials(series, launchers[number])
    while !isStopped, let next = take() {
      do throws(SeriesTrials.Fault) {
        try look(at: next, plan, trials)
      } catch {
        guard !isStopped else { return }
        settle(next, .harnessFault, error.text)
      }
    }
  }

  private func take() -> Int? {
    state.withLock { state in
      guard state.next < state.mutants else { return nil }
      state.next += 1
      return state.next - 1
    }
  }

  private func look(at number: Int, _ plan: MutationPlan, _ trials: SeriesTrials) throws(SeriesTrials.Fault) {
    var content = plan.content(number)
    guard let builds = try trials.builds(content) else { return }
    defer { trials.forget(content, builds) }
    if let failure = builds.builds.first?.failure { return settle(number, .doesNotBuild, failure) }
    if let code = builds.code {
      if code == plan.code { return settle(number, .equivalent) }
      guard !plan.neverRan(number) else { return settle(number, .neverRan) }
      let isFirst = state.withLock { state in
        state.byCode[code, default: []].append(number)
        return state.byCode[code]?.count == 1
      }
      guard isFirst else { return settle(number, .same) }
      // Whichever of those that are the same is run.
      content.code = code
    }
    var search = SeriesTrials.Search()
    guard try trials.search(content, plan.operations, into: &search) else { return }
    settle(number, search.failure == nil ? .survived : .found, failure: search.failure)
  }

  private func settle(
    _ number: Int, _ outcome: MutationRecord.State, _ reason: String = "", failure: SeriesRecord.Failure? = nil
  ) {
    state.withLock { state in
      state.record.mutants[number].state = outcome
      state.record.mutants[number].reason = reason
      state.record.mutants[number].failure = failure
      state.done += 1
    }
  }

  /// Of those that are the same, the first has what was seen, whichever was run.
  private func settle(_ state: inout State) {
    for numbers in state.byCode.values where numbers.count > 1 {
      let run = state.record.mutants[numbers[0]]
      let first = numbers.min() ?? numbers[0]
      for number in numbers {
        let isFirst = number == first
        state.record.mutants[number].state = isFirst || run.state == .notRun ? run.state : .same
        state.record.mutants[number].reason = isFirst ? run.reason : state.record.mutants[first].name
        state.record.mutants[number].failure = isFirst ? run.failure : nil
      }
    }
  }
}
