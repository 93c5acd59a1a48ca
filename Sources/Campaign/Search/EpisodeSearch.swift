/// Every class of interleavings of one episode, in a world of its own.
import Episodes
import Executions
import Machine
import Scheduling
import SecureEPT

package final class EpisodeSearch {
  /// How a search of one episode ended.
  package enum End: Sendable, Equatable {
    /// Every class was executed, and none broke a rule.
    case complete
    /// It was left. Of states so much was explored at least, 0 to 1; of classes nothing can be told.
    case partial(explored: Double?)
    case violation
    case fault(String)
  }

  /// What was executed of one episode.
  package struct Result: Sendable, Equatable {
    package var end = End.complete
    /// Executions of different classes that came to their end.
    package var classes: UInt64 = 0
    /// States that were left in every way, where states are searched.
    package var states: UInt64 = 0
    var size: UInt64 { max(classes, states) }
    var isPartial: Bool { if case .partial = end { true } else { false } }
    /// All executions: those that showed themselves to be of a class known already, too.
    package var executions: UInt64 = 0
    package var steps: UInt64 = 0
    package var longest = 0
  }

  /// How the interleavings of one episode are gone through.
  package enum Method: Sendable, Equatable {
    /// All: of the model every class. A kernel's tasks tell each other things that are announced nowhere, so of it all
    /// states.
    package static func whole(_ subject: Subject) -> Method {
      subject.isKernel ? .states(trust: .tables) : .classes(.everyClass)
    }

    var countsStates: Bool { if case .states = self { true } else { false } }

    /// Those in which tasks that could go on are left so many times at most.
    package static func bounded(_ subject: Subject, _ preemptions: Int) -> Method {
      .states(preemptions: preemptions, trust: subject.isKernel ? .tables : .all)
    }

    /// - Parameter preemptions: in an execution, at most; nil for any number.
    case states(preemptions: Int? = nil, trust: StateSearch.Trust)
    case classes(ExhaustiveSearch.Kind)
  }

  package let world: FiberWorld
  /// What steps say of themselves beside their access is not listened to: a search that knows too little, for a test.
  package var isDeaf = false
  /// No step is ever decided on for what it touches: a search that leaves out too much, for a test.
  package var isBlind = false
  private let mostYes: UInt32
  private let method: Method
  private let hasTwins: Bool

  /// - Parameters:
  ///   - tasks: at most `ExhaustiveSearch.mostTasks`.
  ///   - mostYes: times that a thread's questions are answered yes in an execution.
  ///   - hasTwins: of threads with the same operations the first goes first while nothing tells them apart.
  ///   - kind: every class, but for comparison.
  ///   - early: what may cut an execution, and the search with it. An episode may be so long that `goesOn` is not asked
  ///     for hours.
  /// - Returns: nil if the address space cannot be had.
  package init?(
    tasks: Int, subject: Subject, policy: Policy, mostYes: UInt32, hasTwins: Bool = true,
    method: Method = .classes(.everyClass), early: EarlyEnd? = nil
  ) {
    guard
      let world = FiberWorld(
        tasks: min(tasks, ExhaustiveSearch.mostTasks), subject: subject, policy: policy, early: early)
    else { return nil }
    self.world = world
    self.mostYes = mostYes
    self.hasTwins = hasTwins
    self.method = method
    world.readiesPages = true
  }

  /// Threads that an episode can have.
  var capacity: Int { world.capacity }

  /// Executes the episode in every way. What broke a rule is the world's last execution.
  /// - Parameters:
  ///   - method: another than this search's own.
  ///   - answers: so many of a thread's questions are answered yes in an execution; nil for as many as of all episodes.
  ///   - limit: executions.
  ///   - goesOn: asked every so often.
  ///   - each: called after each class, with its hash and with that of what it left behind.
  package func run(
    _ episode: Episode, by method: Method? = nil, answers: UInt32? = nil, limit: UInt64, goesOn: () -> Bool = { true },
    each: ((UInt64, UInt64) -> Void)? = nil
  ) -> Result {
    var result = Result()
    guard world.prepare(episode) else {
      result.end = world.violation != nil ? .violation : .fault(world.harnessFault ?? "the tables could not be built")
      return result
    }
    let mostYes = answers ?? mostYes
    return switch method ?? self.method {
    case .states(let preemptions, let trust): runStates(episode, preemptions, trust, mostYes, limit, goesOn, each)
    case .classes(let kind): runClasses(episode, kind, mostYes, limit, goesOn, each)
    }
  }

  private func runStates(
    _ episode: Episode, _ preemptions: Int?, _ trust: StateSearch.Trust, _ mostYes: UInt32, _ limit: UInt64,
    _ goesOn: () -> Bool, _ each: ((UInt64, UInt64) -> Void)?
  ) -> Result {
    var result = Result()
    let world = world
    let search = StateSearch.create(
      on: world.scheduler, mostYes: mostYes, trust: trust, preemptions: preemptions
    ) { world.state($0) }
    defer { StateSearch.destroy(search, on: world.scheduler) }
    if isDeaf { world.scheduler.pointee.noted = nil }
    search.pointee.sharing.isBlind = isBlind
    search.pointee.begin(tasks: episode.threads.count, twinBefore: hasTwins ? Self.twins(episode) : Self.alone(episode))
    let chooser = search.chooser
    while true {
      world.execute(chooser)
      let isOver = isOver(&result, isBlocked: search.pointee.isBlocked)
      if !isOver, world.end == .completed { each?(0, world.stateHash) }
      let hasMore = !isOver && search.pointee.next()
      result.executions = search.pointee.executions
      result.states = search.pointee.states
      result.longest = search.pointee.mostSteps
      if !hasMore { return result }
      if search.pointee.executions >= limit || (search.pointee.executions & 1023 == 0 && !goesOn()) {
        result.end = .partial(explored: search.pointee.explored)
        return result
      }
    }
  }

  /// Whether the last execution ends the search, with how it does in `result`.
  private func isOver(_ result: inout Result, isBlocked: Bool) -> Bool {
    result.steps &+= UInt64(world.scheduler.pointee.steps)
    if _slowPath(world.isHalted || (world.end != .completed && world.end != .diverged)) {
      result.end = world.violation != nil ? .violation : .fault(world.harnessFault ?? "an execution did not end")
      return true
    }
    if _slowPath(world.end == .diverged && !isBlocked) {
      result.end = .fault("a thread that was to go on cannot: the harness is not deterministic")
      return true
    }
    return false
  }

  private func runClasses(
    _ episode: Episode, _ kind: ExhaustiveSearch.Kind, _ mostYes: UInt32, _ limit: UInt64,
    _ goesOn: () -> Bool, _ each: ((UInt64, UInt64) -> Void)?
  ) -> Result {
    var result = Result()
    let search = ExhaustiveSearch.create(on: world.scheduler, mostYes: mostYes, kind: kind)
    defer { ExhaustiveSearch.destroy(search, on: world.scheduler) }
    if isDeaf { world.scheduler.pointee.noted = nil }
    search.pointee.begin(tasks: episode.threads.count, twinBefore: hasTwins ? Self.twins(episode) : Self.alone(episode))
    let chooser = search.chooser
    var hashes: Set<UInt64> = []
    func count() {
      result.executions = search.pointee.executions
      result.classes = search.pointee.hasAsked ? UInt64(hashes.count) : search.pointee.completed
      result.longest = search.pointee.mostSteps
    }
    while true {
      world.execute(chooser)
      if isOver(&result, isBlocked: search.pointee.isBlocked) {
        count()
        return result
      }
      let isClass = world.end == .completed
      let state = isClass && each != nil ? world.stateHash : 0
      let hasMore = search.pointee.next()
      if isClass {
        each?(search.pointee.classHash, state)
        if search.pointee.hasAsked { hashes.insert(search.pointee.classHash) }
      }
      if !hasMore { break }
      if search.pointee.executions >= limit || (search.pointee.executions & 1023 == 0 && !goesOn()) {
        result.end = .partial(explored: nil)
        break
      }
    }
    count()
    return result
  }

  /// By thread: the nearest one before it with the same operations, -1 for none.
  static func twins(_ episode: Episode) -> [Int32] {
    episode.threads.indices.map { id in
      Int32((0..<id).last { episode.threads[$0] == episode.threads[id] } ?? -1)
    }
  }

  private static func alone(_ episode: Episode) -> [Int32] { episode.threads.map { _ in -1 } }
}

extension FiberWorld {
  /// The number of the state that the world is in, with the checkers having read all events: the execution is halted if
  /// one of them broke a rule.
  func state(_ scheduler: FiberSchedulerPointer) -> UInt64 {
    for id in 0..<scheduler.pointee.count { machine.pointee.tasks[id].drain() }
    var hash = StateHash()
    snapshot.tell(&hash)
    scheduler.tell(&hash)
    return hash.value
  }

  /// Hash of all tables that are linked, as the last execution left them.
  var stateHash: UInt64 {
    let arena = machine.pointee.arena
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for page in 1..<arena.highWater where arena.headers[page].state == .linked {
      for index in page * Spte.entriesPerTable..<(page + 1) * Spte.entriesPerTable {
        hash = (hash ^ arena.base[index] ^ UInt64(index) << 40) &* 0x9e37_79b9_7f4a_7c15
        hash ^= hash >> 32
      }
    }
    return hash
  }
}
