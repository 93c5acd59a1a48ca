/// Every state that the interleavings of one episode can reach, each left by every task that can go on: depth first,
/// without going on from a state that was met before.
///
/// What may follow depends on the state alone, so whatever one interleaving can come to is met. States are not always
/// fewer than classes: what is dead on a stack, and who built which table, keep some apart. Each execution begins at
/// the beginning and follows the path to the decision that is to be taken anew.
///
/// Unlike a search of classes it need not know what a step touches: whatever tasks tell each other, announced or not,
/// is part of the state.
///
/// Allocates only while it grows. The caller executes, then asks `next` whether there is more.
import Machine

public typealias StateSearchPointer = UnsafeMutablePointer<StateSearch>

public struct StateSearch {
  public static let mostTasks = 64

  struct Node: BitwiseCopyable {
    /// Not whom to run, but what to answer.
    var isQuestion = false
    var answer = false
    /// Yes has not been tried.
    var mayFlip = false
    var task: Int32 = -1
    /// Bits by task: who can go on, and of them those that have been chosen.
    var enabled: UInt64 = 0
    var tried: UInt64 = 0
  }

  /// What is asked for the number of a state. Gets its own state and the scheduler.
  public typealias Tell = (FiberSchedulerPointer) -> UInt64

  let mostYes: UInt32
  let tell: Tell
  var twinBefore: [Int32] = []
  var tasks = 0

  var nodes: [Node] = []
  var seen = NumberSet()

  // The execution under way.
  var cursor = 0
  var steps = 0
  public internal(set) var isBlocked = false
  let began: UnsafeMutablePointer<Bool>
  let yesCounts: UnsafeMutablePointer<UInt32>

  public private(set) var executions: UInt64 = 0
  public private(set) var completed: UInt64 = 0
  public private(set) var mostSteps = 0
  /// States that were met where there was a choice.
  public var states: UInt64 { UInt64(seen.count) }

  /// - Parameters:
  ///   - mostYes: at most what the scheduler allows.
  ///   - tell: hash of the state that tasks and memory are in, asked where none of the tasks runs.
  public static func create(
    on scheduler: FiberSchedulerPointer, mostYes: UInt32, tell: @escaping Tell
  ) -> StateSearchPointer {
    let search = StateSearchPointer.allocate(capacity: 1)
    search.initialize(to: StateSearch(mostYes: mostYes, tell: tell))
    scheduler.pointee.decidesAside = true
    return search
  }

  public static func destroy(_ search: StateSearchPointer, on scheduler: FiberSchedulerPointer) {
    scheduler.pointee.decidesAside = false
    search.pointee.seen.deallocate()
    search.pointee.began.deallocate()
    search.pointee.yesCounts.deallocate()
    search.deinitialize(count: 1)
    search.deallocate()
  }

  private init(mostYes: UInt32, tell: @escaping Tell) {
    self.mostYes = mostYes
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
  public mutating func begin(tasks: Int, twinBefore: [Int32]) {
    self.tasks = tasks
    self.twinBefore = twinBefore
    executions = 0
    completed = 0
    mostSteps = 0
    nodes.removeAll(keepingCapacity: true)
    seen.removeAll()
    beginExecution()
  }

  private mutating func beginExecution() {
    cursor = 0
    steps = 0
    isBlocked = false
    for id in 0..<tasks {
      began[id] = false
      yesCounts[id] = 0
    }
  }

  /// The execution has ended: finds the next one.
  /// - Returns: false if every state has been left in every way.
  public mutating func next() -> Bool {
    executions &+= 1
    mostSteps = max(mostSteps, steps)
    if !isBlocked { completed &+= 1 }
    guard backtrack() else { return false }
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
          return true
        }
      } else {
        let left = node.enabled & ~node.tried
        if left != 0 {
          let task = left.trailingZeroBitCount
          nodes[place].task = Int32(task)
          nodes[place].tried |= 1 << UInt64(task)
          return true
        }
      }
      nodes.removeLast()
    }
    return false
  }

  /// Decisions on the path for which there is something left, at most.
  public var openDecisions: Int {
    nodes.count { node in
      node.isQuestion ? node.mayFlip : node.enabled & ~node.tried != 0
    }
  }
}

// MARK: Decisions

extension StateSearch: Strategy {
  /// Executions draw nothing.
  public mutating func begin(_ draws: SplitMix64, length: ExecutionLength) -> Bool { true }

  public mutating func nextTask(_ scheduler: FiberSchedulerPointer) -> Int {
    steps &+= 1
    if cursor < nodes.count {
      cursor &+= 1
      return choose(Int(nodes[cursor - 1].task))
    }
    if !seen.insert(tell(scheduler)) {
      isBlocked = true
      return -1
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
    let task = goesOn ? current : node.enabled.trailingZeroBitCount
    node.task = Int32(truncatingIfNeeded: task)
    node.tried = 1 << UInt64(task)
    nodes.append(node)
    cursor &+= 1
    return choose(task)
  }

  private mutating func choose(_ task: Int) -> Int {
    began[task] = true
    return task
  }

  public mutating func answer(_ scheduler: FiberSchedulerPointer, _ question: Question) -> Bool {
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

  public static let functions = StrategyFunctions(
    nextTask: { StateSearch.nextTask($0, $1) }, answer: { StateSearch.answer($0, $1, $2) })
}
