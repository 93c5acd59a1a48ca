/// Every class of interleavings of one episode, each once: dynamic partial-order reduction with source sets and sleep
/// sets (Abdulla, Aronis, Jonsson, Sagonas, POPL 2014), without state: each execution begins at the beginning.
///
/// Two executions are of one class if they differ only in the order of independent steps. Steps depend on each other if
/// both touch a word and one writes it, or if one lets the other's task go on. What a step touches beside the access
/// that its schedule point announces is told by `StepNote`; a question is a decision of its own.
///
/// Allocates only while it grows. The caller executes, then asks `next` whether there is more.
import Machine

package typealias ExhaustiveSearchPointer = UnsafeMutablePointer<ExhaustiveSearch>

package struct ExhaustiveSearch {
  package static let mostTasks = 64

  /// What a search executes. The other two are what it is compared with.
  package enum Kind: Sendable, Equatable {
    case everyClass, everyInterleaving
    /// Interleavings that are drawn, for ever.
    case drawn(seed: UInt64)
  }

  let kind: Kind
  var reduces: Bool { kind == .everyClass }
  var draws: SplitMix64?
  /// Times that a task may be answered yes in an execution.
  let mostYes: UInt32
  /// By task: the task that goes first while nothing tells the two apart, as they do the same; -1 for none.
  var twinBefore: [Int32] = []
  var tasks = 0
  let arena: PageArena

  // The path: decisions, the steps taken by them, what they touched.
  var nodes = Pile<SearchNode>()
  var records = Pile<StepRecord>()
  var accesses = Pile<StepAccess>(capacity: 1024)
  var sleepers = Pile<Sleeper>()
  /// Accesses of sleepers, and of steps under other answers.
  var footprints = Pile<StepAccess>(capacity: 1024)
  /// By step: what happened before it, as the ordinal of each task's last step.
  var clocks = Pile<Int32>(capacity: 4096)
  /// By step: hash of the steps up to it that does not depend on the order of independent ones.
  var hashes = Pile<UInt64>()
  var words = WordTable()
  /// The steps after which their task waits for any write.
  var waits = Pile<Int32>()
  /// By task: its last step among the records.
  let lastOf: UnsafeMutablePointer<Int32>

  // The execution under way.
  var cursor = 0
  var steps = 0
  /// Steps of which the records are those of the execution before.
  var valid = 0
  /// Steps of which clocks and races are known.
  var analysed = 0
  var isRecording = false
  /// Whoever could go on would repeat what is explored: the execution was left.
  package internal(set) var isBlocked = false
  var hasChosen = false
  let ordinals: UnsafeMutablePointer<Int32>
  let yesCounts: UnsafeMutablePointer<UInt32>
  let enabledBy: UnsafeMutablePointer<Int32>
  /// By task: steps after all of which its next one comes; 0 for no such thing.
  let afterAll: UnsafeMutablePointer<Int32>
  var letGoNext: UInt64 = 0
  let clock: UnsafeMutablePointer<Int32>
  var dependences = Pile<Int32>()

  package private(set) var executions: UInt64 = 0
  /// Of them, those that came to their end.
  package private(set) var completed: UInt64 = 0
  /// A question was asked. Executions may then be of one class: who sleeps does so under all of its answers.
  package private(set) var hasAsked = false
  /// The longest execution.
  package private(set) var mostSteps = 0
  /// Of the last execution that came to its end: equal for executions of one class.
  package private(set) var classHash: UInt64 = 0

  /// - Parameters:
  ///   - mostYes: at most what the scheduler allows.
  package static func create(
    on scheduler: FiberSchedulerPointer, mostYes: UInt32, kind: Kind = .everyClass
  ) -> ExhaustiveSearchPointer {
    let search = ExhaustiveSearchPointer.allocate(capacity: 1)
    search.initialize(
      to: ExhaustiveSearch(arena: scheduler.pointee.machine.pointee.arena, mostYes: mostYes, kind: kind))
    scheduler.pointee.observer = { raw in
      let scheduler = raw.assumingMemoryBound(to: FiberScheduler.self)
      guard let state = scheduler.pointee.observerState else { return }
      state.assumingMemoryBound(to: ExhaustiveSearch.self).pointee.beginStep(scheduler)
    }
    scheduler.pointee.observerState = UnsafeMutableRawPointer(search)
    scheduler.pointee.noted = { state, note, value in
      state.assumingMemoryBound(to: ExhaustiveSearch.self).pointee.note(note, value)
    }
    scheduler.pointee.notedState = UnsafeMutableRawPointer(search)
    return search
  }

  package static func destroy(_ search: ExhaustiveSearchPointer, on scheduler: FiberSchedulerPointer) {
    scheduler.pointee.observer = nil
    scheduler.pointee.observerState = nil
    scheduler.pointee.noted = nil
    scheduler.pointee.notedState = nil
    search.pointee.deallocate()
    search.deinitialize(count: 1)
    search.deallocate()
  }

  private init(arena: PageArena, mostYes: UInt32, kind: Kind) {
    func memory<Element>(_ value: Element) -> UnsafeMutablePointer<Element> {
      let memory = UnsafeMutablePointer<Element>.allocate(capacity: Self.mostTasks)
      memory.initialize(repeating: value, count: Self.mostTasks)
      return memory
    }
    self.arena = arena
    self.mostYes = mostYes
    self.kind = kind
    if case .drawn(let seed) = kind { draws = SplitMix64(state: seed) }
    lastOf = memory(-1)
    ordinals = memory(0)
    yesCounts = memory(0)
    enabledBy = memory(-1)
    afterAll = memory(0)
    clock = memory(0)
  }

  package func deallocate() {
    nodes.deallocate()
    records.deallocate()
    accesses.deallocate()
    sleepers.deallocate()
    footprints.deallocate()
    clocks.deallocate()
    hashes.deallocate()
    words.deallocate()
    waits.deallocate()
    dependences.deallocate()
    for memory in [lastOf, ordinals, enabledBy, afterAll, clock] { memory.deallocate() }
    yesCounts.deallocate()
  }

  /// A new episode.
  /// - Parameters:
  ///   - tasks: at most `mostTasks`.
  ///   - twinBefore: by task, the one before it that does the same; -1 for none.
  package mutating func begin(tasks: Int, twinBefore: [Int32]) {
    self.tasks = tasks
    self.twinBefore = twinBefore
    nodes.truncate(to: 0)
    records.truncate(to: 0)
    accesses.truncate(to: 0)
    sleepers.truncate(to: 0)
    footprints.truncate(to: 0)
    clocks.truncate(to: 0)
    hashes.truncate(to: 0)
    words.removeAll()
    waits.truncate(to: 0)
    for id in 0..<Self.mostTasks { lastOf[id] = -1 }
    valid = 0
    executions = 0
    completed = 0
    mostSteps = 0
    hasAsked = false
    classHash = 0
    beginExecution()
  }

  mutating func beginExecution() {
    cursor = 0
    steps = 0
    isRecording = false
    isBlocked = false
    hasChosen = false
    letGoNext = 0
    for id in 0..<tasks {
      ordinals[id] = 0
      yesCounts[id] = 0
      enabledBy[id] = -1
      afterAll[id] = 0
    }
  }

  /// The execution has ended: finds the next one.
  /// - Returns: false if every class has been executed.
  package mutating func next() -> Bool {
    executions &+= 1
    mostSteps = max(mostSteps, records.count)
    analyse()
    if !isBlocked {
      completed &+= 1
      classHash = records.count == 0 ? 0 : hashes[records.count - 1]
    }
    if draws != nil {
      forget(from: 0)
      nodes.truncate(to: 0)
      valid = 0
    } else if !backtrack() {
      return false
    }
    beginExecution()
    return true
  }
}

// MARK: Decisions

extension ExhaustiveSearch: Strategy {
  /// Executions draw nothing.
  package mutating func begin(_ draws: SplitMix64, length: ExecutionLength) -> Bool { true }

  package mutating func nextTask(_ scheduler: FiberSchedulerPointer) -> Int {
    hasChosen = true
    if cursor < nodes.count {
      let task = Int(nodes[cursor].task)
      cursor &+= 1
      return task
    }
    var node = SearchNode(step: Int32(truncatingIfNeeded: steps))
    node.firstSleeper = Int32(truncatingIfNeeded: sleepers.count)
    node.footprints = Int32(truncatingIfNeeded: footprints.count)
    for index in 0..<scheduler.pointee.readyCount {
      let id = Int(scheduler.pointee.ready[index])
      if waitsForTwin(id) { continue }
      node.enabled |= 1 << UInt64(id)
    }
    inheritSleepers(&node)
    let awake = node.enabled & ~node.asleep
    guard awake != 0 else {
      isBlocked = true
      isRecording = false
      return -1
    }
    let current = scheduler.pointee.current
    let goesOn = current >= 0 && awake & (1 << UInt64(current)) != 0
    node.task = goesOn ? Int32(truncatingIfNeeded: current) : Int32(awake.trailingZeroBitCount)
    if draws != nil { node.task = drawn(node.enabled) }
    node.wanted = reduces ? 1 << UInt64(node.task) : node.enabled
    nodes.append(node)
    cursor &+= 1
    return Int(node.task)
  }

  package mutating func answer(_ scheduler: FiberSchedulerPointer, _ question: Question) -> Bool {
    let task = scheduler.pointee.current
    if cursor == nodes.count {
      var node = SearchNode(step: Int32(truncatingIfNeeded: steps &- 1))
      node.isQuestion = true
      node.mayFlip = yesCounts[task] < mostYes
      if node.mayFlip && draws != nil { node.answer = draws?.answer(question) ?? false }
      hasAsked = true
      node.firstSleeper = Int32(truncatingIfNeeded: sleepers.count)
      node.footprints = Int32(truncatingIfNeeded: footprints.count)
      nodes.append(node)
    }
    let answer = nodes[cursor].answer
    cursor &+= 1
    if answer { yesCounts[task] &+= 1 }
    if isRecording {
      records.base[records.count - 1].answers = records.base[records.count - 1].answers << 1 | (answer ? 1 : 0)
    }
    return answer
  }

  package static let functions = StrategyFunctions(
    nextTask: { ExhaustiveSearch.nextTask($0, $1) }, answer: { ExhaustiveSearch.answer($0, $1, $2) })

  private mutating func drawn(_ enabled: UInt64) -> Int32 {
    var left = draws?.below(UInt64(enabled.nonzeroBitCount)) ?? 0
    var rest = enabled
    while left > 0 {
      rest &= rest &- 1
      left -= 1
    }
    return Int32(rest.trailingZeroBitCount)
  }

  /// Who slept before the last step sleeps on, unless that step depends on what he would do.
  private mutating func inheritSleepers(_ node: inout SearchNode) {
    var index = nodes.count - 1
    while index >= 0 && nodes[index].isQuestion { index -= 1 }
    guard index >= 0 else { return }
    let parent = nodes[index]
    for place in Int(parent.firstSleeper)..<sleepers.count {
      let sleeper = sleepers[place]
      if sleeper.task == parent.task || depends(sleeper, on: Int(parent.step)) { continue }
      sleepers.append(sleeper)
      node.asleep |= 1 << UInt64(sleeper.task)
    }
  }

  private func depends(_ sleeper: Sleeper, on step: Int) -> Bool {
    let record = records[step]
    if sleeper.awaitsAny && record.isChange || sleeper.isChange && record.awaitsAny { return true }
    for own in accessRange(of: step) {
      let access = accesses[own]
      for other in Int(sleeper.first)..<Int(sleeper.end) {
        let seen = footprints.base + other
        if seen.pointee.address == access.address && (seen.pointee.isWrite || access.isWrite) { return true }
      }
    }
    return false
  }

  func accessRange(of step: Int) -> Range<Int> {
    let end = step + 1 < records.count ? Int(records[step + 1].firstAccess) : accesses.count
    return Int(records[step].firstAccess)..<end
  }
}
