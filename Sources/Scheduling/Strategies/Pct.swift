/// PCT(d): tasks run by random priorities, and at d - 1 random points the running task falls behind all that have not
/// met one.
///
/// It finds a bug of depth d with probability at least 1 / (n k^(d-1)) in one execution of n tasks and k steps. With
/// `changesOnly` the points are taken from writes of SPTEs and from locks alone: there are ten reads for each of those,
/// and preempting at a read is seldom what a race in this protocol needs.
/// Source: Burckhardt et al., "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010.
import CAtomics
import Machine

package struct Pct: Strategy {
  package static let mostDepth = 8

  private var depth: Int
  private let changesOnly: Bool
  private var draws = SplitMix64(state: 0)
  /// By task: higher runs first.
  private let priorities: UnsafeMutablePointer<Int32>
  private let tasks: Int
  /// The change points, as numbers of steps or of changes, ascending.
  private var points = InlineArray<8, Int>(repeating: .max)
  /// The priority to which the running task falls at each: in no order of time, so that who fell later may go on first.
  private var priorityAt = InlineArray<8, Int32>(repeating: 0)
  private var nextPoint = 0
  private var passed = 0
  private var lowest: Int32 = 0
  /// `readyCount` at the last decision: unless a task was woken the running one still has the highest priority.
  private var seenReady = 0

  /// - Parameter depth: 1 to `mostDepth`.
  package init(depth: Int, changesOnly: Bool, tasks: Int) {
    self.depth = min(max(depth, 1), Self.mostDepth)
    self.changesOnly = changesOnly
    self.tasks = tasks
    priorities = UnsafeMutablePointer<Int32>.allocate(capacity: tasks)
    priorities.initialize(repeating: 0, count: tasks)
  }

  package func deallocate() { priorities.deallocate() }

  package mutating func begin(_ draws: SplitMix64, length: ExecutionLength) -> Bool {
    self.draws = draws
    for id in 0..<tasks { priorities[id] = Int32(truncatingIfNeeded: id) + 1 }
    var last = tasks - 1
    while last > 0 {
      let other = Int(self.draws.below(UInt64(last + 1)))
      (priorities[last], priorities[other]) = (priorities[other], priorities[last])
      last -= 1
    }
    let range = UInt64(max(changesOnly ? length.changes : length.steps, 1))
    for index in 0..<(depth - 1) {
      let point = Int(self.draws.below(range)) + 1
      var place = index
      while place > 0 && points[place - 1] > point {
        points[place] = points[place - 1]
        priorityAt[place] = priorityAt[place - 1]
        place -= 1
      }
      points[place] = point
      priorityAt[place] = Int32(truncatingIfNeeded: -index)
    }
    nextPoint = 0
    passed = 0
    lowest = Int32(truncatingIfNeeded: -depth)
    seenReady = 0
    return true
  }

  @inline(__always) package mutating func nextTask(_ scheduler: FiberSchedulerPointer) -> Int {
    let running = scheduler.pointee.current
    if running >= 0 {
      let kind = scheduler.pointee.fibers[running].pendingKind
      // Whoever spins lets the others go first, or it would spin for ever.
      if _slowPath(kind == SCHEDULE_RELAX.rawValue) { fallBehind(running) }
      if nextPoint < depth - 1 && (!changesOnly || scheduler.isChange(running)) {
        passed &+= 1
        if _slowPath(passed == points[nextPoint]) {
          repeat {
            priorities[running] = priorityAt[nextPoint]
            nextPoint &+= 1
          } while nextPoint < depth - 1 && points[nextPoint] == passed
          seenReady = 0
        }
      }
      if seenReady == scheduler.pointee.readyCount && scheduler.isReady(running) { return running }
    }
    return highest(scheduler)
  }

  private mutating func fallBehind(_ id: Int) {
    lowest &-= 1
    priorities[id] = lowest
    seenReady = 0
  }

  private mutating func highest(_ scheduler: FiberSchedulerPointer) -> Int {
    let count = scheduler.pointee.readyCount
    var best = Int(scheduler.pointee.ready[0])
    for index in 1..<max(count, 1) {
      let id = Int(scheduler.pointee.ready[index])
      if priorities[id] > priorities[best] { best = id }
    }
    seenReady = count
    return best
  }

  /// Who yields where nobody waits has lost its processor: all others go first once it has let go of its lock.
  package mutating func answer(_ scheduler: FiberSchedulerPointer, _ question: Question) -> Bool {
    let answer = draws.answer(question)
    if answer && question == .resched && scheduler.pointee.yieldsOften { fallBehind(scheduler.pointee.current) }
    return answer
  }

  package static let functions = StrategyFunctions(
    nextTask: { Pct.nextTask($0, $1) }, answer: { Pct.answer($0, $1, $2) })
}

// MARK: In the list

extension Pct {
  static let steps2 = StrategyEntry(
    "pct-2", "random thread priorities, 1 change at any step: bugs of depth 2", dealt: 7
  ) { Pct(depth: 2, changesOnly: false, tasks: $0) }
  static let steps3 = StrategyEntry(
    "pct-3", "random thread priorities, 2 changes at any step: bugs of depth 3", dealt: 3
  ) { Pct(depth: 3, changesOnly: false, tasks: $0) }
  static let steps4 = StrategyEntry(
    "pct-4", "random thread priorities, 3 changes at any step: bugs of depth 4", dealt: 15
  ) { Pct(depth: 4, changesOnly: false, tasks: $0) }
  static let changes2 = StrategyEntry(
    "pct-changes-2", "as pct-2, its change at SPTE writes and locks only", dealt: 1, 9
  ) { Pct(depth: 2, changesOnly: true, tasks: $0) }
  static let changes3 = StrategyEntry(
    "pct-changes-3", "as pct-3, its changes at SPTE writes and locks only", dealt: 5, 13
  ) { Pct(depth: 3, changesOnly: true, tasks: $0) }
  static let changes4 = StrategyEntry(
    "pct-changes-4", "as pct-4, its changes at SPTE writes and locks only", dealt: 11
  ) { Pct(depth: 4, changesOnly: true, tasks: $0) }
}

extension StrategyName {
  public static let (pct2, pct3, pct4) = (listed("pct-2"), listed("pct-3"), listed("pct-4"))
  public static let (pctChanges2, pctChanges3, pctChanges4) = (
    listed("pct-changes-2"), listed("pct-changes-3"), listed("pct-changes-4")
  )
}
