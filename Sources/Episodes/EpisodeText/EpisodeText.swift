import Machine
import MirrorMMU
/// An execution as a person writes and reads it: the episode, what it runs on, and which schedule.
///
/// A token is the same for machines, and has but one kind of schedule. docs/episodes.md has the form.
import Scheduling

package struct EpisodeText: Sendable, Equatable {
  package static let heading = "stress episode 1"
  /// Characters of a text. Longer ones are not read.
  package static let sizeLimit = 1 << 20
  /// The scenario of an episode that names none.
  package static let ownScenario = "by-hand"
  /// Turns of a schedule.
  package static let turnLimit = 100_000

  /// A thread goes on for a number of steps, or, without one, until it ends or waits.
  package struct Turn: Sendable, Equatable {
    package var thread: Int
    package var steps: Int?

    package init(thread: Int, steps: Int?) {
      self.thread = thread
      self.steps = steps
    }
  }

  /// Which schedule of all that the episode has.
  package enum Plan: Sendable, Equatable {
    /// What differs from the default schedule, as in a token.
    case schedule(Schedule)
    case turns([Turn], answers: [Schedule.Answer])
    /// Drawn by a strategy.
    case seed(UInt64, StrategyName)
  }

  package struct Promise: Sendable, Equatable {
    package var checker: CheckerID
    package var eventHash: UInt64

    package init(checker: CheckerID, eventHash: UInt64) {
      self.checker = checker
      self.eventHash = eventHash
    }
  }

  /// Of the model; nil where the text names none, which then may be run on a kernel too.
  package var protocolName: ProtocolName?
  package var mutant: Mutant?
  /// Hash of the kernel tree that it was found on.
  package var kernelTree: UInt64?
  package var plainAccesses: Bool
  package var episode: Episode
  package var plan: Plan
  /// What a token says that the execution breaks, and by which events.
  package var promise: Promise?

  package init(
    protocolName: ProtocolName?, mutant: Mutant?, kernelTree: UInt64? = nil, plainAccesses: Bool = false,
    episode: Episode, plan: Plan, promise: Promise? = nil
  ) {
    self.protocolName = protocolName
    self.mutant = mutant
    self.kernelTree = kernelTree
    self.plainAccesses = plainAccesses
    self.episode = episode
    self.plan = plan
    self.promise = promise
  }

  package init(_ token: Token) {
    self.init(
      protocolName: token.kernelTree == nil ? token.protocolName : nil, mutant: token.mutant,
      kernelTree: token.kernelTree, plainAccesses: token.plainAccesses, episode: token.episode,
      plan: .schedule(token.schedule),
      promise: Promise(checker: token.checker, eventHash: token.eventHash))
  }

  /// The token that the text is of; nil where it promises nothing, or its schedule is yet to be drawn.
  package var token: Token? {
    guard case .schedule(let schedule) = plan, let promise else { return nil }
    return token(schedule, promise)
  }

  /// A token that says what the text is run on.
  package var carrier: Token {
    if let token { return token }
    return token(Schedule(), promise ?? Promise(checker: .frz1, eventHash: 0))
  }

  package func token(_ schedule: Schedule, _ promise: Promise) -> Token {
    Token(
      protocolName: protocolName ?? .mainline, mutant: mutant, kernelTree: kernelTree, plainAccesses: plainAccesses,
      episode: episode, schedule: schedule, checker: promise.checker, eventHash: promise.eventHash)
  }

  /// True for text that means to be an episode: its first line that is no comment begins as the heading does.
  package static func resembles(_ text: some StringProtocol) -> Bool {
    let line = text.prefix(4096).split(whereSeparator: \.isNewline).lazy
      .map { $0.drop { $0 == " " || $0 == "\t" } }.first { !$0.isEmpty && !$0.hasPrefix("#") }
    let words = line?.split { $0 == " " || $0 == "\t" }.prefix(2)
    return words?.elementsEqual(["stress", "episode"]) ?? false
  }
}

/// What is wrong with the text of an episode: where, what is expected there, what stands there.
package struct EpisodeTextError: Error, Equatable, Sendable, CustomStringConvertible {
  /// From 1; nil for what is missing.
  package var line: Int?
  package var what: String

  package init(line: Int?, _ what: String) {
    self.line = line
    self.what = what
  }

  package var description: String { line.map { "line \($0): \(what)" } ?? what }
}
