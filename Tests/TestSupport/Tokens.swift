/// Tokens drawn for tests, and the bytes inside one laid open.
import Campaign
import Machine
import MirrorMMU
import Scheduling
import SecureEPT

package enum Tokens {
  /// Drawn from a scenario, with a schedule that means nothing but keeps to the episode's threads.
  package static func draw(_ draws: inout SplitMix64) -> Token {
    let scenario = ScenarioName.allCases[Int(draws.below(UInt64(ScenarioName.allCases.count)))]
    let policy = Policy.allCases[Int(draws.below(2))]
    let (threads, operations) = (1 + Int(draws.below(6)), 1 + Int(draws.below(6)))
    let episode = Scenario.episode(
      scenario, threads: threads, operations: operations, policy: policy, draws: &draws)
    let mutant = draws.next() & 1 == 0 ? nil : Mutant.allCases[Int(draws.below(UInt64(Mutant.allCases.count)))]
    let checker = CheckerID.allCases[Int(draws.below(UInt64(CheckerID.allCases.count)))]
    return Token(
      protocolName: .mainline, mutant: mutant, episode: episode,
      schedule: schedule(threads: episode.threads.count, &draws), checker: checker, eventHash: draws.next())
  }

  package static func schedule(threads: Int, _ draws: inout SplitMix64) -> Schedule {
    var schedule = Schedule()
    let bound = UInt64(threads)
    for index in 0..<draws.below(12) {
      let left = index == 0 && draws.next() & 1 == 0 ? Schedule.start : UInt16(draws.below(bound))
      let step = UInt32(truncatingIfNeeded: draws.next() >> (32 + draws.below(32)))
      schedule.switches.append(Schedule.Switch(task: left, step: step, next: UInt16(draws.below(bound))))
    }
    for _ in 0..<draws.below(4) {
      let index = UInt32(truncatingIfNeeded: draws.next() >> (32 + draws.below(32)))
      schedule.answers.append(Schedule.Answer(task: UInt16(draws.below(bound)), index: index))
    }
    return schedule
  }

  /// A failing execution as minimising leaves it, with the longest names that a token can carry.
  package static func minimized(_ mutant: Mutant = .recoverInvalidated) -> Token {
    func request(_ operation: Operation, _ gfns: Range<Gfn>) -> Request {
      Request(operation: operation, range: gfns, draw: 200)
    }
    let episode = Episode(
      scenario: ScenarioName.faultInvalidate.rawValue, policy: .huge,
      regions: Array(repeating: Episode.Region(isPrivate: true, allowsHuge: true), count: 4), provesMmu: true,
      populated: [request(.fault, 1600..<1601), request(.fault2M, 700..<701)],
      threads: [
        [request(.unmap, 1536..<2048), request(.fault, 1600..<1601)],
        [request(.recover, 1536..<2048), request(.split, 1536..<2048)],
      ])
    let schedule = Schedule(
      switches: [
        Schedule.Switch(task: Schedule.start, step: 0, next: 1), Schedule.Switch(task: 1, step: 300, next: 0),
        Schedule.Switch(task: 0, step: 1400, next: 1),
      ],
      answers: [Schedule.Answer(task: 0, index: 3), Schedule.Answer(task: 1, index: 140)])
    return Token(
      protocolName: .mainline, mutant: mutant, episode: episode, schedule: schedule, checker: .map1,
      eventHash: 0xfedc_ba98_7654_3210)
  }

  /// What stands in a token between prefix and checksum.
  package static func content(_ text: String) throws -> [UInt8] {
    let bytes = try Base64URL.decode(Array(text.utf8.dropFirst(Token.prefix.utf8.count))[...])
    return Array(bytes.dropLast(4))
  }

  /// A token with this content and the checksum that belongs to it, as a forger would make it.
  package static func forge(_ content: [UInt8]) -> String {
    Token.prefix + Base64URL.encode(content + CRC32.bytes(of: content))
  }

  package static func error(_ text: String) -> TokenError? {
    do {
      _ = try Token(parsing: text)
      return nil
    } catch {
      return error
    }
  }

  /// All that `Token.init(parsing:)` promises of what it returns.
  package static func isWithinBounds(_ token: Token) -> Bool {
    let episode = token.episode
    let threads = UInt16(clamping: episode.threads.count)
    return (1...64).contains(episode.regions.count) && (1...1024).contains(episode.threads.count)
      && ([episode.populated] + episode.threads).allSatisfy { $0.count <= 4096 }
      && (episode.populated + episode.threads.joined()).allSatisfy {
        !$0.range.isEmpty && $0.range.upperBound <= episode.guestPages && $0.draw < Episode.drawBound
      }
      && token.schedule.switches.allSatisfy { ($0.task == Schedule.start || $0.task < threads) && $0.next < threads }
      && token.schedule.answers.allSatisfy { $0.task < threads }
  }
}
