import Machine
/// Writes a token's content. Numbers are LEB128 varints unless said otherwise; `TokenReader` reads the same in the same
/// order.
import Scheduling

struct TokenWriter {
  private(set) var bytes: [UInt8] = []

  mutating func write(_ token: Token) {
    if let kernelTree = token.kernelTree { write(word: kernelTree) }
    write(name: token.kernelTree == nil ? token.protocolName.rawValue : "")
    write(name: token.mutant?.rawValue ?? "")
    write(token.episode, plainAccesses: token.plainAccesses)
    write(token.schedule, threads: token.episode.threads.count)
    bytes.append(token.checker.tokenCode)
    write(word: token.eventHash)
  }

  private mutating func write(word: UInt64) {
    for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
  }

  private mutating func write(_ episode: Episode, plainAccesses: Bool) {
    bytes.append(episode.subject.tokenCode)
    if let known = ScenarioName(rawValue: episode.scenario) {
      bytes.append(known.tokenCode)
    } else {
      bytes.append(0)
      write(name: episode.scenario)
    }
    bytes.append(episode.policy.tokenCode)
    bytes.append(TokenFlags(episode, plainAccesses: plainAccesses).rawValue)
    write(episode.regions.count)
    // Two bits a region.
    for start in stride(from: 0, to: episode.regions.count, by: 4) {
      let regions = episode.regions[start..<min(start + 4, episode.regions.count)]
      bytes.append(
        regions.enumerated().reduce(0) { byte, region in
          byte | ((region.element.isPrivate ? 1 : 0) | (region.element.allowsHuge ? 2 : 0)) << (2 * region.offset)
        })
    }
    write(episode.populated)
    write(episode.threads.count)
    for requests in episode.threads { write(requests) }
  }

  private mutating func write(_ requests: [Request]) {
    write(requests.count)
    for request in requests {
      bytes.append(request.operation.tokenCode)
      write(request.range.lowerBound)
      write(UInt64(request.range.count))
      // One byte: `Episode.drawBound`.
      bytes.append(UInt8(truncatingIfNeeded: request.draw))
    }
  }

  private mutating func write(_ schedule: Schedule, threads: Int) {
    write(schedule.switches.count)
    for change in schedule.switches {
      // 0 stands for the start, which no thread is left for.
      write(UInt64(change.task &+ 1))
      write(UInt64(change.step))
      write(UInt64(change.next))
    }
    write(schedule.answers.count)
    for answer in schedule.answers {
      write(UInt64(answer.task))
      write(UInt64(answer.index))
    }
  }

  private mutating func write(name: String) {
    write(name.utf8.count)
    bytes += name.utf8
  }

  private mutating func write(_ count: Int) { write(UInt64(count)) }

  private mutating func write(_ value: UInt64) {
    var rest = value
    while rest > 127 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 128)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

/// An execution's yes and no, in one byte of the token.
struct TokenFlags: OptionSet {
  let rawValue: UInt8

  static let provesMmu = TokenFlags(rawValue: 1)
  static let injectsBusy = TokenFlags(rawValue: 2)
  static let mayYield = TokenFlags(rawValue: 4)
  static let endsInTeardown = TokenFlags(rawValue: 8)
  /// Of a kernel's token alone.
  static let plainAccesses = TokenFlags(rawValue: 16)
  static let lacksLockdep = TokenFlags(rawValue: 32)
  static let tdIsDead = TokenFlags(rawValue: 64)
  static let lacksInterrupts = TokenFlags(rawValue: 128)
  static let ofEpisode: TokenFlags = [
    .provesMmu, .injectsBusy, .mayYield, .endsInTeardown, .lacksLockdep, .tdIsDead, .lacksInterrupts,
  ]
}

extension TokenFlags {
  init(_ episode: Episode, plainAccesses: Bool) {
    self = plainAccesses ? .plainAccesses : []
    if episode.provesMmu { insert(.provesMmu) }
    if episode.injectsBusy { insert(.injectsBusy) }
    if episode.mayYield { insert(.mayYield) }
    if episode.endsInTeardown { insert(.endsInTeardown) }
    if !episode.assertsLocks { insert(.lacksLockdep) }
    if episode.tdIsDead { insert(.tdIsDead) }
    if episode.lacksInterrupts { insert(.lacksInterrupts) }
  }
}
