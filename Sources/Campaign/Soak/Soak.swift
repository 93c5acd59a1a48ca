/// The engine that races real threads: a chain of rounds, each drawn from the seed, raced, and verified at a barrier.
import CAtomics
import Executions
import Foundation
import Machine
import Records
import Synchronization

/// What a running soak tells about itself, sampled from another thread.
public struct SoakProgress: Sendable {
  public var elapsedSeconds: Double
  public var rounds: UInt64
  public var operations: UInt64
  public var liveThreads: Int
  /// What it does at the moment, if not racing: `bridging`, `minimising`, `verifying`.
  public var phase: String?
}

/// A run of racing threads: made from a configuration, run once.
public final class Soak: Sendable {
  public let configuration: SoakConfiguration
  private let stateName: String
  private let stopRequested = Atomic(false)
  /// Of the search for a schedule of what the threads have met.
  let early = EarlyEnd()

  /// How often the monitor looks, in nanoseconds.
  private static let tick: UInt64 = 100_000_000
  /// A machine that cannot start the threads in this time cannot run them.
  private static let startSeconds = 120.0
  /// After a halt, the time that threads are given to reach the barrier.
  private static let haltSeconds = 5.0

  public convenience init(configuration: SoakConfiguration) {
    self.init(configuration: configuration, stateName: RunState.processName)
  }

  /// - Parameter stateName: of the file that keeps the seed; no two runs at a time may have the same.
  package init(configuration: SoakConfiguration, stateName: String) {
    self.stateName = stateName
    self.configuration = configuration
  }

  /// Asks a running soak to end; safe from any thread and from a signal source. `run` then returns what ran so far.
  public func requestStop() {
    stopRequested.store(true, ordering: .releasing)
    early.request()
  }

  /// Runs to the end of the configured length, to a violation, or to `requestStop`. Blocks the calling thread, which
  /// becomes the monitor.
  /// - Parameters:
  ///   - progress: called about ten times a second.
  ///   - notice: called with a line for the user when something that the run can do without is missing.
  public func run(
    progress: @escaping (SoakProgress) -> Void = { _ in }, notice: @escaping (String) -> Void = { _ in }
  ) -> RunRecord {
    guard let world = SoakWorld(configuration) else {
      return RunRecord.failed(configuration, "no address space for a guest of \(configuration.memoryGiB) GiB")
    }
    let code = CodeCount(configuration.subject.kernel)
    var state: RunState?
    do {
      state = try RunState(command: RerunCommand.prefix(configuration), name: stateName)
    } catch {
      notice("the seed is not kept on disk: \(error.message)")
    }
    var monitor = Monitor(world: world)
    var record = race(world, &monitor, state, progress)
    bridge(&record, monitor, progress, notice)
    early.retire()
    record.code = code?.result
    // What a killed run leaves behind, a run that failed does too: its seed.
    state?.close(keep: record.verdict != .clean)
    // Threads that never came back still use the world; the process is about to end.
    if monitor.allStanding {
      monitor.workers.finish()
      world.destroy()
    }
    return record
  }

  private func race(
    _ world: SoakWorld, _ monitor: inout Monitor, _ state: RunState?, _ progress: (SoakProgress) -> Void
  ) -> RunRecord {
    let box = RoundBox(workload: Workload(configuration))
    defer { if monitor.allStanding { box.workload.deallocate() } }
    monitor.workers.start { id in
      // The box is written while all workers stand at the gate.
      guard let plan = box.plan else { return }
      world.race(id, plan, box.workload)
    }
    guard waitForStart(&monitor) else {
      monitor.harnessFault = "only \(monitor.workers.standingCount) of \(configuration.threads) threads started"
      return monitor.record(interrupted: false)
    }
    monitor.liveThreads = monitor.workers.standingCount

    while !isOver(monitor) {
      let round = configuration.firstRound &+ monitor.rounds
      monitor.begin(round)
      state?.begin(round: round)
      let plan = RoundPlan(runSeed: configuration.seed, round: round, guestPages: world.guestPages)
      box.workload.prepare(plan)
      box.plan = plan
      world.beginRound(plan)
      world.latencies.discard()
      if !world.mainTask.isHalted { runRound(&monitor, progress) }
      // A round may be over before the first tick.
      if monitor.elapsed - monitor.lastProgress >= Double(Self.tick) / 1e9 { tell(&monitor, progress) }
      guard monitor.allStanding else { break }
      monitor.collect(operationsOfRound: UInt64(configuration.threads * world.operationsPerRound))
      if !world.mainTask.isHalted {
        monitor.atBarrier = true
        world.endRound()
        if !world.mainTask.isHalted {
          monitor.atBarrier = false
          monitor.rounds &+= 1
        }
      }
    }
    return monitor.record(interrupted: isStopped)
  }

  var isStopped: Bool { stopRequested.load(ordering: .acquiring) }

  private func isOver(_ monitor: Monitor) -> Bool {
    if isStopped || monitor.world.mainTask.isHalted { return true }
    switch configuration.length {
    case .rounds(let count): return monitor.rounds >= count
    // A run whose threads were slow to start still races once.
    case .seconds: return monitor.rounds > 0 && isTimeUp(monitor)
    }
  }

  private func isTimeUp(_ monitor: Monitor) -> Bool {
    if case .seconds(let seconds) = configuration.length { monitor.elapsed >= seconds } else { false }
  }

  private func waitForStart(_ monitor: inout Monitor) -> Bool {
    while !monitor.workers.waitForAll(nanoseconds: Self.tick) {
      if monitor.elapsed > Self.startSeconds { return false }
    }
    monitor.allStanding = true
    return true
  }

  private func tell(_ monitor: inout Monitor, _ progress: (SoakProgress) -> Void) {
    monitor.lastProgress = monitor.elapsed
    progress(monitor.progress())
  }

  /// Opens the gate and watches until all workers stand at it again, or are given up.
  private func runRound(_ monitor: inout Monitor, _ progress: (SoakProgress) -> Void) {
    monitor.watchdog.rest(now: monitor.elapsed)
    monitor.allStanding = false
    monitor.beginRace()
    monitor.workers.open()
    var haltedAt: Double?
    while !monitor.workers.waitForAll(nanoseconds: Self.tick) {
      let now = monitor.elapsed
      tell(&monitor, progress)
      // The last round is cut short, between two operations of each thread; it is verified all the same.
      if isStopped || isTimeUp(monitor) { monitor.world.stop() }
      if monitor.world.mainTask.isHalted {
        haltedAt = haltedAt ?? now
        if now - (haltedAt ?? now) > Self.haltSeconds { return }
      } else {
        monitor.watchdog.look(now: now)
      }
    }
    monitor.allStanding = true
  }
}

/// The plan that all workers of a round share. Written by the monitor while they stand at the gate.
private final class RoundBox: @unchecked Sendable {
  var plan: RoundPlan?
  var workload: Workload

  init(workload: Workload) { self.workload = workload }
}
