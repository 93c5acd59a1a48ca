import Machine
/// Fewer preemptions on the same episode.
import Scheduling

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

  /// Takes choices away as long as what happens instead breaks the same rule and is simpler: one by one, and where no
  /// single one can go, a switch together with one that comes soon after it. To and back again is two switches; without
  /// one of them the rest of the schedule is about other steps.
  private func dropChoices() {
    var isSimpler = true
    while isSimpler && !isExhausted {
      isSimpler = dropSingles() || dropPairs()
    }
  }

  private func dropPairs() -> Bool {
    let reach = 4
    var isSimpler = false
    var index = 0
    while index < best.schedule.switches.count && !isExhausted {
      let last = min(index + reach, best.schedule.switches.count - 1)
      let dropped =
        last > index
        && (index + 1...last).contains { other in
          var schedule = best.schedule
          schedule.switches.remove(at: other)
          schedule.switches.remove(at: index)
          return takeIfSimpler(attempt(schedule))
        }
      if dropped { isSimpler = true } else { index += 1 }
    }
    return isSimpler
  }

  /// In halves first, single ones last: a schedule can have thousands of choices.
  private func dropSingles() -> Bool {
    var isSimpler = false
    var chunk = max(1, choices / 2)
    while !isExhausted {
      var hasDropped = false
      var end = choices
      while end > 0 && !isExhausted {
        let start = max(0, end - chunk)
        if takeIfSimpler(attempt(without(choices: start..<end))) {
          hasDropped = true
          end = min(start, choices)
        } else {
          end = start
        }
      }
      if hasDropped { isSimpler = true }
      if chunk > 1 { chunk = (chunk + 1) / 2 } else if !hasDropped { break }
    }
    return isSimpler
  }

  private var choices: Int { best.schedule.switches.count + best.schedule.answers.count }

  /// Switches first, then answers.
  private func without(choices range: Range<Int>) -> Schedule {
    var schedule = best.schedule
    let switches = schedule.switches.count
    schedule.answers.removeSubrange(
      max(0, range.lowerBound - switches)..<max(0, range.upperBound - switches))
    schedule.switches.removeSubrange(min(range.lowerBound, switches)..<min(range.upperBound, switches))
    return schedule
  }
}
