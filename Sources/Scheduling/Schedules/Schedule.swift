/// A schedule as what differs from the default: what replays an interleaving, and what minimising makes shorter.
///
/// By default the running task goes on while it can, then the lowest-numbered task that is ready runs, no SEAMCALL
/// answers an injected BUSY and no walk yields. Positions are counted by each task for itself, so that they keep their
/// meaning when another difference is taken away.
package struct Schedule: Sendable, Equatable {
  /// Stands for the scheduler itself as the task that is left: the choice of the first task.
  package static let start: UInt16 = .max

  /// `task`, about to take its own step number `step`, is left for `next`.
  package struct Switch: Sendable, Equatable {
    package var task: UInt16
    package var step: UInt32
    package var next: UInt16

    package init(task: UInt16, step: UInt32, next: UInt16) {
      self.task = task
      self.step = step
      self.next = next
    }
  }

  /// The answer to the question number `index` that `task` asked (is this SEAMCALL busy? does this walk yield?), where
  /// it was yes.
  package struct Answer: Sendable, Equatable {
    package var task: UInt16
    package var index: UInt32

    package init(task: UInt16, index: UInt32) {
      self.task = task
      self.index = index
    }
  }

  /// In the order in which they happened.
  package var switches: [Switch]
  package var answers: [Answer]

  /// Questions of one task that are answered yes, at most.
  package var mostYes: Int { Dictionary(grouping: answers, by: \.task).values.map(\.count).max() ?? 0 }

  package init(switches: [Switch] = [], answers: [Answer] = []) {
    self.switches = switches
    self.answers = answers
  }
}
