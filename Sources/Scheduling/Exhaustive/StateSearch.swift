/// Every state that the interleavings of one episode can reach, each left by every task that can go on: depth first,
/// without going on from a state that was met before.
///
/// What may follow depends on the state alone, so whatever one interleaving can come to is met. States are not always
/// fewer than classes: what is dead on a stack, and who built which table, keep some apart. Each execution begins at
/// the beginning and follows the path to the decision that is to be taken anew.
///
/// Where some task's next step has nothing to do with any other's it is taken, and nothing decided: see `Sharing`. What
/// was taken for that and was not begins the search anew.
///
/// Allocates only while it grows. The caller executes, then asks `next` whether there is more.
import Machine

package typealias StateSearchPointer = UnsafeMutablePointer<StateSearch>

package struct StateSearch {
  package static let mostTasks = 64
  /// Where nobody else may be chosen any more a state is told at one of so many steps of a task: to tell it takes as
  /// long as many steps do, and all that it saves there is the way to the end.
  static let stepsPerState: UInt32 = 8

  /// Of which steps it is believed that they touch what they say, so that some need no decision.
  package enum Trust: Sendable, Equatable {
    /// Of none: for comparison.
    case nothing
    /// Of those that begin with an entry of a page table.
    case tables
    case all
  }

  struct Node: BitwiseCopyable {
    /// Not whom to run, but what to answer.
    var isQuestion = false
    var answer = false
    /// Yes has not been tried.
    var mayFlip = false
    var task: Int32 = -1
    /// Whoever it runs beside this one takes the place of it, that could go on; -1 for none.
    var leaves: Int32 = -1
    /// Bits by task: who can go on, and of them those that have been chosen.
    var enabled: UInt64 = 0
    var tried: UInt64 = 0
  }

  /// What is asked for the number of a state. Gets its own state and the scheduler.
  package typealias Tell = (FiberSchedulerPointer) -> UInt64

  let mostYes: UInt32
  let tell: Tell
  let arena: PageArena
  let trust: Trust
  /// Times in an execution that a task which could go on is left for another, at most; nil for any number.
  let preemptions: Int?
  var twinBefore: [Int32] = []
  var tasks = 0

  var nodes: [Node] = []
  var seen = NumberSet()
  package var sharing = Sharing()
  /// Nodes from here on stand for steps of which it is not known what they touch.
  var known = 0

  // The execution under way.
  var cursor = 0
  /// The step under way: whose it is, with what it began, and what it has touched so far.
  var mover = -1
  var key: UInt = 0
  var touches = Pile<Sharing.Touch>()
  var hasChosen = false
  var steps = 0
  var preempted = 0
  package internal(set) var isBlocked = false
  let began: UnsafeMutablePointer<Bool>
  let yesCounts: UnsafeMutablePointer<UInt32>

  package private(set) var executions: UInt64 = 0
  package private(set) var completed: UInt64 = 0
  package private(set) var mostSteps = 0
  /// States that were met where there was a choice.
  package var states: UInt64 { UInt64(seen.count) }

  /// - Parameters:
  ///   - mostYes: at most what the scheduler allows.
  ///   - tell: hash of the state that tasks and memory are in, asked where none of the tasks runs.
  ///   - preemptions: in an execution, at most; nil for any number.
  package static func create(
    on scheduler: FiberSchedulerPointer, mostYes: UInt32, trust: Trust, preemptions: Int? = nil, tell: @escaping Tell
  ) -> StateSearchPointer {
    let search = StateSearchPointer.allocate(capacity: 1)
    let arena = scheduler.pointee.machine.pointee.arena
    search.initialize(
      to: StateSearch(arena, mostYes: mostYes, trust: trust, preemptions: preemptions, tell: tell))
    scheduler.pointee.decidesAside = true
    scheduler.pointee.observer = { raw in
      let scheduler = raw.assumingMemoryBound(to: FiberScheduler.self)
      guard let state = scheduler.pointee.observerState else { return }
      state.assumingMemoryBound(to: StateSearch.self).pointee.beginStep(scheduler)
    }
    scheduler.pointee.observerState = UnsafeMutableRawPointer(search)
    scheduler.pointee.noted = { state, note, value in
      state.assumingMemoryBound(to: StateSearch.self).pointee.note(note, value)
    }
    scheduler.pointee.notedState = UnsafeMutableRawPointer(search)
    return search
  }

  package static func destroy(_ search: StateSearchPointer, on scheduler: FiberSchedulerPointer) {
    scheduler.pointee.decidesAside = false
    scheduler.pointee.observer = nil
    scheduler.pointee.observerState = nil
    scheduler.pointee.noted = nil
    scheduler.pointee.notedState = nil
    search.pointee.sharing.deallocate()
    search.pointee.touches.deallocate()
    search.pointee.seen.deallocate()
    search.pointee.began.deallocate()
    search.pointee.yesCounts.deallocate()
    search.deinitialize(count: 1)
    search.deallocate()
  }

  private init(_ arena: PageArena, mostYes: UInt32, trust: Trust, preemptions: Int?, tell: @escaping Tell) {
    self.arena = arena
    self.mostYes = mostYes
    self.trust = trust
    self.preemptions = preemptions
    self.tell = tell
    began = .allocate(capacity: Self.mostTasks)
    began.initialize(repeating: false, count: Self.mostTasks)
    yesCounts = .allocate(capacity: Self.mostTasks)
    yesCounts.initialize(repeating: 0, count: Self.mostTasks)
  }

  /// A new episode.
  /// - Parameters:
  ///   - tasks: at most `mostTasks`.
  ///   - twinBefore: by task, the one before it that does the same, and begins first; -1 for none.
  package mutating func begin(tasks: Int, twinBefore: [Int32]) {
    self.tasks = tasks
    self.twinBefore = twinBefore
    executions = 0
    completed = 0
    mostSteps = 0
    nodes.removeAll(keepingCapacity: true)
    known = 0
    seen.removeAll()
    sharing.removeAll()
    beginExecution()
  }

  private mutating func beginExecution() {
    cursor = 0
    steps = 0
    preempted = 0
    mover = -1
    hasChosen = false
    isBlocked = false
    for id in 0..<tasks {
      began[id] = false
      yesCounts[id] = 0
    }
  }

  /// The execution has ended: finds the next one.
  /// - Returns: false if every state has been left in every way.
  package mutating func next() -> Bool {
    executions &+= 1
    mostSteps = max(mostSteps, steps)
    if !isBlocked { completed &+= 1 }
    endStep()
    if sharing.hasChanged {
      sharing.hasChanged = false
      nodes.removeAll(keepingCapacity: true)
      seen.removeAll()
      known = 0
    } else if !backtrack() {
      return false
    }
    beginExecution()
    return true
  }

  private mutating func backtrack() -> Bool {
    while let node = nodes.last {
      let place = nodes.count - 1
      if node.isQuestion {
        if node.mayFlip {
          nodes[place].mayFlip = false
          nodes[place].answer = true
          // What the step does under this answer is not known yet.
          known = place
          while known > 0 && nodes[known].isQuestion { known -= 1 }
          return true
        }
      } else {
        let left = node.enabled & ~node.tried
        if left != 0 {
          let task = left.trailingZeroBitCount
          nodes[place].task = Int32(task)
          nodes[place].tried |= 1 << UInt64(task)
          known = place
          return true
        }
      }
      nodes.removeLast()
    }
    return false
  }

  /// How much of what there is lies behind the search, as far as its path tells, 0 to 1: at each decision every choice
  /// is taken for as large as any other (Knuth, *Estimating the Efficiency of Backtrack Programs*, 1975). As later ones
  /// are smaller, more of their states being known, it is rather more than that.
  package var explored: Double {
    nodes.reduce(into: PathShare()) { share, node in
      if node.isQuestion {
        share.add(done: node.answer ? 1 : 0, of: node.answer || node.mayFlip ? 2 : 1)
      } else {
        share.add(done: node.tried.nonzeroBitCount - 1, of: node.enabled.nonzeroBitCount)
      }
    }.value
  }
}

// MARK: Decisions

extension StateSearch: Strategy {
  /// Executions draw nothing.
  package mutating func begin(_ draws: SplitMix64, length: ExecutionLength) -> Bool { true }

  package mutating func nextTask(_ scheduler: FiberSchedulerPointer) -> Int {
    endStep()
    steps &+= 1
    if cursor < nodes.count {
      cursor &+= 1
      return choose(nodes[cursor - 1])
    }
    var node = Node()
    for index in 0..<scheduler.pointee.readyCount {
      let id = Int(scheduler.pointee.ready[index])
      let twin = twinBefore[id]
      if twin >= 0 && !began[Int(twin)] { continue }
      node.enabled |= 1 << UInt64(id)
    }
    let current = scheduler.pointee.current
    let goesOn = current >= 0 && node.enabled & (1 << UInt64(current)) != 0
    var task = goesOn ? current : node.enabled.trailingZeroBitCount
    if let own = ownStep(scheduler, node.enabled, first: task, goesOn) {
      // Nobody else has to do with it: it comes first, whatever the others do.
      task = own
      node.enabled = 1 << UInt64(own)
    } else {
      let isForced = goesOn && preempted >= preemptions ?? .max
      let isTold = !isForced || scheduler.pointee.fibers[current].decisions % Self.stepsPerState == 0
      if isTold && !isNew(tell(scheduler), goesOn ? current : -1) {
        isBlocked = true
        return -1
      }
      if preemptions != nil && goesOn {
        node.leaves = Int32(truncatingIfNeeded: current)
        if isForced { node.enabled = 1 << UInt64(current) }
      }
    }
    node.task = Int32(truncatingIfNeeded: task)
    node.tried = 1 << UInt64(task)
    nodes.append(node)
    cursor &+= 1
    return choose(node)
  }

  /// With a bound, where a task may be left depends on who runs and how often one was left: who may do so more often
  /// comes to all that who may less.
  private mutating func isNew(_ state: UInt64, _ current: Int) -> Bool {
    guard preemptions != nil else { return seen.insert(state) }
    func number(_ preempted: Int) -> UInt64 {
      state &+ UInt64(truncatingIfNeeded: current &+ 2) &* 0x9e37_79b9_7f4a_7c15
        &+ UInt64(truncatingIfNeeded: preempted) &* 0xd1b5_4a32_d192_ed03
    }
    for fewer in 0..<preempted where seen.contains(number(fewer)) { return false }
    return seen.insert(number(preempted))
  }

  /// A task whose next step is nobody else's business, as far as is known.
  /// - Parameter goesOn: the first could go on: with a bound, another must not come before it for nothing.
  private func ownStep(
    _ scheduler: FiberSchedulerPointer, _ enabled: UInt64, first: Int, _ goesOn: Bool
  ) -> Int? {
    guard trust != .nothing, preemptions == nil || goesOn else { return nil }
    if isOwn(scheduler, first) { return first }
    guard preemptions == nil else { return nil }
    var rest = enabled & ~(1 << UInt64(first))
    while rest != 0 {
      let id = rest.trailingZeroBitCount
      rest &= rest &- 1
      if isOwn(scheduler, id) { return id }
    }
    return nil
  }

  private mutating func choose(_ node: Node) -> Int {
    began[Int(node.task)] = true
    hasChosen = true
    if node.leaves >= 0 && node.leaves != node.task { preempted &+= 1 }
    return Int(node.task)
  }

  package mutating func answer(_ scheduler: FiberSchedulerPointer, _ question: Question) -> Bool {
    let task = scheduler.pointee.current
    if cursor == nodes.count {
      var node = Node()
      node.isQuestion = true
      node.mayFlip = yesCounts[task] < mostYes
      nodes.append(node)
    }
    cursor &+= 1
    let answer = nodes[cursor - 1].answer
    if answer { yesCounts[task] &+= 1 }
    return answer
  }

  package static let functions = StrategyFunctions(
    nextTask: { StateSearch.nextTask($0, $1) }, answer: { StateSearch.answer($0, $1, $2) })
}
