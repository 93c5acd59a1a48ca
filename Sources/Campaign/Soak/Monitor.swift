/// What the monitoring thread knows of a run: its clock, its rounds, its watchdog.
import CAtomics
import Foundation
import Machine
import Records

struct Monitor {
  let world: SoakWorld
  let workers: Workers
  var watchdog: Watchdog
  var rounds: UInt64 = 0
  private(set) var round: UInt64 = 0
  /// By thread: operations that it had completed when the round's race began; nil until then.
  private var completedBefore: [UInt64]?
  /// Of the last round, those that no thread has begun.
  private var cutOperations: UInt64 = 0
  var liveThreads = 0
  var allStanding = false
  /// When progress was last told.
  var lastProgress = 0.0
  /// The tables are being verified between rounds.
  var atBarrier = false
  var harnessFault: String?
  private var workload: UInt64 = 0
  private let start = DispatchTime.now().uptimeNanoseconds
  private let startCycles = cycle_counter()

  init(world: SoakWorld) {
    self.world = world
    workers = Workers(count: world.configuration.threads)
    watchdog = Watchdog(world.machine, now: 0)
  }

  /// Seconds since the run began.
  var elapsed: Double { Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9 }

  mutating func begin(_ round: UInt64) {
    self.round = round
    completedBefore = nil
  }

  /// The threads are about to be let into the round.
  mutating func beginRace() {
    completedBefore = (0..<world.configuration.threads).map {
      world.machine.pointee.tasks[$0].published(.operationsCompleted)
    }
  }

  /// The violation that ended the run, and how far each thread had come in its round.
  var threadViolation: ThreadViolation? {
    guard let violation = world.machine.pointee.reports.violation else { return nil }
    let before = completedBefore ?? []
    let begun = before.indices.map { id in
      let task = world.machine.pointee.tasks[id]
      return task.published(.operationsCompleted) &- before[id] &+ (task.published(.operation) == 0 ? 0 : 1)
    }
    return ThreadViolation(
      configuration: world.configuration, round: round, violation: violation,
      moment: completedBefore == nil ? .populating : atBarrier ? .atRest : .racing, begun: begun)
  }

  func progress() -> SoakProgress {
    SoakProgress(
      elapsedSeconds: elapsed, rounds: rounds, operations: operationsCompleted, liveThreads: liveThreads)
  }

  private var operationsCompleted: UInt64 {
    (0..<world.configuration.threads).reduce(0) {
      $0 &+ world.machine.pointee.tasks[$1].published(.operationsCompleted)
    }
  }

  private var operationsInRound: UInt64 {
    completedBefore.map { before in operationsCompleted &- before.reduce(0, &+) } ?? 0
  }

  /// Takes over what the workers of a round have left. All stand at the gate.
  mutating func collect(operationsOfRound: UInt64) {
    cutOperations = operationsOfRound &- operationsInRound
    world.latencies.fold()
    for id in 0..<world.configuration.threads {
      workload = (workload ^ world.digests[id]) &* 0x9e37_79b9_7f4a_7c15
      workload ^= workload >> 29
    }
  }

  func record(interrupted: Bool) -> RunRecord {
    // Events that a halt kept from being read may hold the cause of what was found.
    if allStanding {
      for id in 0..<world.configuration.threads { world.machine.pointee.tasks[id].drain() }
    }
    let cycles = cycle_counter() &- startCycles
    let reports = world.machine.pointee.reports
    var violation = reports.violation
    var faults = [harnessFault, reports.harnessFault].compactMap { $0 }
    if !allStanding && violation == nil && faults.isEmpty { faults.append("threads did not stop") }
    if !faults.isEmpty { violation = nil }
    return SoakRecordBuilder(
      world: world, rounds: rounds, workload: workload, violation: violation, violationRound: round,
      atBarrier: atBarrier, inSetUp: completedBefore == nil, interrupted: interrupted, harnessFaults: faults,
      elapsedSeconds: elapsed,
      nanosecondsPerCycle: cycles == 0 ? 0 : elapsed * 1e9 / Double(cycles), liveThreads: liveThreads,
      cutOperations: violation == nil && faults.isEmpty ? cutOperations : 0
    ).build()
  }
}
