/// In what portions an item is searched: what is small is complete before what is large uses up the time, and what is
/// too large is complete up to a number of preemptions at least.
import Episodes
import Executions

struct ExhaustStage: Equatable {
  var method: EpisodeSearch.Method
  /// At most.
  var executions: UInt64
  /// No SEAMCALL is busy, and no walk yields: nothing is complete by it, but what breaks shows in fewer executions.
  var isQuiet = false
  /// Steps of an execution with which an item does without this stage: so many executions of it would take long.
  var mostSteps = Int.max

  func episode(of item: ExhaustPlan.Item) -> Episode {
    var episode = item.episode
    if isQuiet { (episode.injectsBusy, episode.mayYield) = (false, false) }
    return episode
  }

  /// Of interleavings in which threads that could go on are left more often nothing is said; nil for none.
  var preemptions: Int? { if case .states(let preemptions, _) = method { preemptions } else { nil } }

  /// Up to how many preemptions an item is searched that is not complete soon. Most races need one or two: Musuvathi,
  /// Qadeer, *Iterative Context Bounding*, PLDI 2007.
  static let bounds = [2, 3]
  /// Executions of a search with a bound. Of a kernel every item is gone through with one preemption before anything
  /// else: that is a fraction of the executions of the next stage, and finds what is easily found. With a small limit
  /// all executions are for the whole.
  static let boundedExecutions: UInt64 = 1_000_000

  /// Executions of a search without answers: with one preemption most items have fewer.
  static let quietExecutions: UInt64 = 400

  /// Of longer executions the states are gone through before more than the first classes.
  static let longSteps = 300

  /// - Parameters:
  ///   - counting: what of each item is counted, and how therefore all of it is searched; nil for what is soonest.
  ///   - preemptions: of all stages.
  ///   - limit: executions of the last ones.
  static func all(
    _ subject: Subject, counting: ExhaustConfiguration.Counting? = nil, preemptions: Int?, limit: UInt64
  ) -> [ExhaustStage] {
    if let counting, preemptions == nil { return alike(counting.method(subject), limit) }
    var stages: [ExhaustStage] = []
    // Most of what is broken shows in few executions of some item: all get those first.
    var executions: UInt64 = 100
    if preemptions == nil && subject.isKernel && limit >= 1_000 {
      stages.append(ExhaustStage(method: .bounded(subject, 1), executions: executions))
      stages.append(ExhaustStage(method: .bounded(subject, 1), executions: quietExecutions, isQuiet: true))
      stages.append(ExhaustStage(method: .bounded(subject, 2), executions: quietExecutions, isQuiet: true))
      stages.append(ExhaustStage(method: .bounded(subject, 1), executions: 1_000))
      executions = 1_000
    }
    while true {
      let most = min(executions, limit)
      if let preemptions {
        stages.append(ExhaustStage(method: .bounded(subject, preemptions), executions: most))
      } else {
        stages += wholes(subject, most)
        if most == 10_000 { stages += bounded(subject, limit) }
      }
      if executions >= limit { return stages }
      executions *= 10
    }
  }

  private static func alike(_ method: EpisodeSearch.Method, _ limit: UInt64) -> [ExhaustStage] {
    var stages: [ExhaustStage] = []
    var executions: UInt64 = 100
    while executions < limit {
      stages.append(ExhaustStage(method: method, executions: executions))
      executions *= 10
    }
    return stages + [ExhaustStage(method: method, executions: limit)]
  }

  /// What has few classes has them soon; what has many, or is long, has often fewer states, which take longer each.
  private static func wholes(_ subject: Subject, _ executions: UInt64) -> [ExhaustStage] {
    let method = EpisodeSearch.Method.whole(subject)
    var stages = [ExhaustStage(method: method, executions: executions)]
    guard !method.countsStates && executions > 1_000 else { return stages }
    if executions == 10_000 { stages[0].mostSteps = longSteps }
    stages.append(ExhaustStage(method: .states(trust: .all), executions: executions))
    return stages
  }

  private static func bounded(_ subject: Subject, _ limit: UInt64) -> [ExhaustStage] {
    bounds.map { ExhaustStage(method: .bounded(subject, $0), executions: min(limit, boundedExecutions)) }
  }
}
