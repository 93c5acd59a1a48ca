/// Taking threads, operations, initial tables and freedoms away.
import Episodes
import Machine
import Scheduling

extension Minimizer {
  func reduceEpisode() {
    reduceThreads()
    // The common model is what it is for any number of threads; with fewer iterations it would be another one.
    guard best.episode.subject == .model else { return }
    reduceOperations()
    reducePopulation()
    reduceFreedoms()
  }

  private func reduceThreads() {
    var index = best.episode.threads.count - 1
    var chunk = max(1, best.episode.threads.count / 2)
    while index >= 0 && best.episode.threads.count > 1 {
      let count = min(chunk, best.episode.threads.count - 1, index + 1)
      let removed = Set((index - count + 1)...index)
      if accept(Self.without(threads: removed, best.episode), Self.without(threads: removed, best.schedule)) {
        index = min(index - count, best.episode.threads.count - 1)
      } else if chunk > 1 {
        chunk = (chunk + 1) / 2
        if chunk == 1 { index = best.episode.threads.count - 1 }
      } else {
        index -= 1
      }
    }
  }

  private func reduceOperations() {
    for thread in stride(from: best.episode.threads.count - 1, through: 0, by: -1) {
      guard thread < best.episode.threads.count else { continue }
      _ = Reduction.minimal(best.episode.threads[thread]) { left in
        var episode = best.episode
        guard thread < episode.threads.count, !left.isEmpty else { return false }
        episode.threads[thread] = left
        return accept(episode, best.schedule)
      }
    }
  }

  private func reducePopulation() {
    _ = Reduction.minimal(best.episode.populated) { left in
      var episode = best.episode
      episode.populated = left
      return accept(episode, best.schedule)
    }
  }

  /// Flags that widen what can happen, and memory that nothing touches.
  private func reduceFreedoms() {
    let flags: [WritableKeyPath<Episode, Bool>] = [\.endsInTeardown, \.provesMmu, \.injectsBusy, \.mayYield]
    for flag in flags where best.episode[keyPath: flag] {
      var episode = best.episode
      episode[keyPath: flag] = false
      _ = accept(episode, best.schedule)
    }
    let requests = best.episode.populated + best.episode.threads.flatMap { $0 }
    let end = requests.map(\.range.upperBound).max() ?? 1
    let needed = max(1, Int((end + 511) / 512))
    if needed < best.episode.regions.count {
      var episode = best.episode
      episode.regions = Array(episode.regions.prefix(needed))
      _ = accept(episode, best.schedule)
    }
  }

  private static func without(threads removed: Set<Int>, _ episode: Episode) -> Episode {
    var episode = episode
    episode.threads = episode.threads.indices.filter { !removed.contains($0) }.map { episode.threads[$0] }
    return episode
  }

  /// The schedule of the threads that are left, by their new numbers.
  private static func without(threads removed: Set<Int>, _ schedule: Schedule) -> Schedule {
    func number(_ task: UInt16) -> UInt16? {
      if task == Schedule.start { return task }
      guard !removed.contains(Int(task)) else { return nil }
      return task - UInt16(removed.count { $0 < Int(task) })
    }
    return Schedule(
      switches: schedule.switches.compactMap { change in
        guard let task = number(change.task), let next = number(change.next) else { return nil }
        return .init(task: task, step: change.step, next: next)
      },
      answers: schedule.answers.compactMap { answer in
        number(answer.task).map { .init(task: $0, index: answer.index) }
      })
  }
}
