import Episodes
import KernelMMU
import Machine
import Scheduling

/// A process that ran kernel code has died: which of the executions that it was in ends another one too?
///
/// Each is run again alone, in a process of its own. The one that ends it is written down as a token, and the token is
/// replayed as any other before it is shown: in processes that it has to end.
package struct Postmortem {
  /// What a process is started for.
  package enum Errand {
    /// To run again what ran in a world: its index in the black box.
    case retrace(Int)
    /// To run the token's schedule that the box's letter has.
    case replay
  }

  /// An execution that ends the process.
  package struct Death {
    package var token: Token
    package var schedule: UInt64
    package var verified: Int
    /// Its process ended while the initial tables were built: no thread had run.
    package var isInSetUp: Bool
    var steps: Int
    var preemptions: Int
    var last: (task: Int, operation: Operation, gfn: Gfn)
  }

  private let box: BlackBox
  private let signal: Int32
  /// Carries out an errand in a process of its own; the signal that ended it, nil if it came to its end.
  private let start: (Errand) -> Int32?

  package init(_ box: BlackBox, signal: Int32, start: @escaping (Errand) -> Int32?) {
    self.box = box
    self.signal = signal
    self.start = start
  }

  /// - Returns: the first execution that ends another process by the same signal; nil if none does.
  package func run() -> Death? {
    for flight in box.flights.sorted(by: { $0.schedule < $1.schedule }) {
      guard var token = try? Token(parsing: flight.text) else { continue }
      FlightSchedule(box.trace).clear()
      guard start(.retrace(flight.index)) == signal else { continue }
      let trace = FlightSchedule(box.trace)
      guard let schedule = trace.schedule else { continue }
      token.schedule = schedule
      token.eventHash = Self.hash(token)
      var death = Death(
        token: token, schedule: flight.schedule, verified: 0, isInSetUp: flight.isPreparing, steps: trace.steps,
        preemptions: trace.preemptions,
        last: trace.last)
      box.letter = token.text
      death.verified = (0..<FailurePipeline.replays).count { _ in start(.replay) == signal }
      return death
    }
    return nil
  }

  /// Stands in for the hash of the events, which are lost with the process: equal for the same schedule.
  private static func hash(_ token: Token) -> UInt64 {
    var hash = token.episode.contentHash
    func mix(_ word: UInt64) {
      hash = (hash ^ word) &* 0x9e37_79b9_7f4a_7c15
      hash ^= hash >> 29
    }
    for change in token.schedule.switches {
      mix(UInt64(change.task) << 48 | UInt64(change.next) << 32 | UInt64(change.step))
    }
    for answer in token.schedule.answers { mix(UInt64(answer.task) << 32 | UInt64(answer.index)) }
    return hash
  }
}
