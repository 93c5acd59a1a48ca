/// Fewer preemptions on the same episode.
import Exploration
import Machine

extension Minimizer {
  /// Drawn executions for each number of preemptions that is less than the best one's.
  private static let draws = 1_500

  func reduceSchedule() {
    guard replayer.world.prepare(best.episode) else { return }
    dropChoices()
    // Dropping one choice at a time stops where two would have to change together: so fewer are drawn afresh. PCT of
    // depth d preempts at most d - 1 times.
    let depths: [(Int, [StrategyName])] = [
      (1, [.pctChanges2, .pct2]), (2, [.pctChanges3, .pct3]), (3, [.pctChanges4, .pct4]),
    ]
    for (preemptions, names) in depths where preemptions < best.preemptions {
      for name in names {
        if takeIfSimpler(search(name, count: Self.draws, executions)) {
          dropChoices()
          return
        }
      }
    }
  }

  /// Takes choices away one by one, as long as what happens instead breaks the same rule and is simpler.
  private func dropChoices() {
    var isSimpler = true
    while isSimpler && !isExhausted {
      isSimpler = false
      var index = best.schedule.switches.count + best.schedule.answers.count - 1
      while index >= 0 && !isExhausted {
        var schedule = best.schedule
        if index < schedule.switches.count {
          schedule.switches.remove(at: index)
        } else {
          schedule.answers.remove(at: index - schedule.switches.count)
        }
        if takeIfSimpler(attempt(schedule)) { isSimpler = true }
        index = min(index - 1, best.schedule.switches.count + best.schedule.answers.count - 1)
      }
    }
  }
}
