import Machine
import MirrorMMU
/// Reads a token's content, which may have been forged: a right checksum proves nothing.
///
/// Every count is held against what is left to read before anything is allocated, every number against the limits that
/// `Token` states, and a number has one written form only.
import Scheduling
import SecureEPT

struct TokenReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  mutating func token(isKernel: Bool) throws(TokenError) -> Token {
    let kernelTree = isKernel ? try word() : nil
    let protocolName = try name("protocol", alternatives: true)
    if isKernel { return try rest(of: kernelTree, protocolName) }
    guard let known = ProtocolName(rawValue: protocolName) else { throw .unknown("protocol", protocolName) }
    let mutantName = try name("mutant")
    let mutant = Mutant(rawValue: mutantName)
    guard mutant != nil || mutantName.isEmpty else { throw .unknown("mutant", mutantName) }
    return try execution(known, mutant, nil)
  }

  /// A kernel has neither protocols nor mutants.
  private mutating func rest(of kernelTree: UInt64?, _ protocolName: String) throws(TokenError) -> Token {
    let mutantName = try name("mutant")
    guard protocolName.isEmpty, mutantName.isEmpty else {
      throw .outOfRange("a kernel's token names no protocol and no mutant")
    }
    return try execution(.mainline, nil, kernelTree)
  }

  private mutating func execution(
    _ protocolName: ProtocolName, _ mutant: Mutant?, _ kernelTree: UInt64?
  ) throws(TokenError) -> Token {
    let known = kernelTree == nil ? TokenFlags.ofEpisode : .ofEpisode.union(.plainAccesses)
    let (episode, flags) = try episode(known: known)
    let schedule = try schedule(threads: episode.threads.count)
    let checker: CheckerID = try coded("checker")
    let eventHash = try word()
    guard rest.isEmpty else { throw .outOfRange("\(rest.count) bytes follow its end") }
    return Token(
      protocolName: protocolName, mutant: mutant, kernelTree: kernelTree,
      plainAccesses: flags.contains(.plainAccesses), episode: episode, schedule: schedule, checker: checker,
      eventHash: eventHash)
  }

  // MARK: The episode

  private mutating func episode(known: TokenFlags) throws(TokenError) -> (Episode, TokenFlags) {
    let subject: Episode.Subject = try coded("subject")
    let scenario = try scenario()
    let policy: Policy = try coded("policy")
    let flags = TokenFlags(rawValue: try byte())
    guard flags.subtracting(known).isEmpty else { throw .unknown("flag", "\(flags.rawValue)") }
    let regions = try regions()
    let guestPages = UInt64(regions.count) * 512
    let populated = try requests("population", guestPages)
    // A thread without requests takes one byte.
    let count = try count("threads", 1...Token.threadLimit, size: 1)
    var threads: [[Request]] = []
    threads.reserveCapacity(count)
    for _ in 0..<count { threads.append(try requests("thread", guestPages)) }
    let episode = Episode(
      subject: subject, scenario: scenario, policy: policy, regions: regions,
      provesMmu: flags.contains(.provesMmu), populated: populated, threads: threads,
      injectsBusy: flags.contains(.injectsBusy), mayYield: flags.contains(.mayYield),
      endsInTeardown: flags.contains(.endsInTeardown), assertsLocks: !flags.contains(.lacksLockdep),
      tdIsDead: flags.contains(.tdIsDead), lacksInterrupts: flags.contains(.lacksInterrupts))
    return (episode, flags)
  }

  private mutating func scenario() throws(TokenError) -> String {
    if rest.first != 0 {
      let known: ScenarioName = try coded("scenario")
      return known.rawValue
    }
    rest.removeFirst()
    let name = try name("scenario")
    guard ScenarioName(rawValue: name) == nil else { throw .outOfRange("a known scenario stands in it by its name") }
    return name
  }

  private mutating func regions() throws(TokenError) -> [Episode.Region] {
    let count = try count("regions", 1...Episode.largestRegionCount, size: 0)
    var regions: [Episode.Region] = []
    regions.reserveCapacity(count)
    var bits: UInt8 = 0
    for index in 0..<count {
      if index % 4 == 0 { bits = try byte() }
      regions.append(Episode.Region(isPrivate: bits & 1 != 0, allowsHuge: bits & 2 != 0))
      bits >>= 2
    }
    guard bits == 0 else { throw .outOfRange("it has more regions than it counts") }
    return regions
  }

  private mutating func requests(_ what: String, _ guestPages: UInt64) throws(TokenError) -> [Request] {
    let count = try count("requests of one \(what)", 0...Token.requestLimit, size: 4)
    var requests: [Request] = []
    requests.reserveCapacity(count)
    for _ in 0..<count {
      let operation: Operation = try coded("operation")
      let start = try varint()
      let length = try varint()
      guard start < guestPages, (1...(guestPages - start)).contains(length) else {
        throw .outOfRange(
          "\(length) gfns from \(start.hex) on, in a guest of \(guestPages.hex)")
      }
      requests.append(Request(operation: operation, range: start..<(start + length), draw: UInt64(try byte())))
    }
    return requests
  }

  // MARK: The schedule

  private mutating func schedule(threads: Int) throws(TokenError) -> Schedule {
    var schedule = Schedule()
    let switches = try count("switches", 0...Int.max, size: 3)
    schedule.switches.reserveCapacity(switches)
    for _ in 0..<switches {
      let left = try number("task", below: UInt64(threads) + 1)
      let step = try number("step", below: 1 << 32)
      let next = try number("task", below: UInt64(threads))
      schedule.switches.append(
        Schedule.Switch(
          task: left == 0 ? Schedule.start : UInt16(left - 1), step: UInt32(step), next: UInt16(next)))
    }
    let answers = try count("answers", 0...Int.max, size: 2)
    schedule.answers.reserveCapacity(answers)
    for _ in 0..<answers {
      let task = try number("task", below: UInt64(threads))
      let index = try number("answer", below: 1 << 32)
      schedule.answers.append(Schedule.Answer(task: UInt16(task), index: UInt32(index)))
    }
    return schedule
  }

  // MARK: Primitives

  private mutating func byte() throws(TokenError) -> UInt8 {
    guard let byte = rest.popFirst() else { throw .outOfRange("it ends too early") }
    return byte
  }

  /// 64 bits, the lowest byte first.
  private mutating func word() throws(TokenError) -> UInt64 {
    var word: UInt64 = 0
    for shift in stride(from: 0, to: 64, by: 8) { word |= UInt64(try byte()) << UInt64(shift) }
    return word
  }

  private mutating func varint() throws(TokenError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = try byte()
      // The tenth byte has room for one bit; a last byte of 0 says nothing, unless it is the only one.
      guard shift < 63 || byte <= 1, byte != 0 || shift == 0 else { throw .outOfRange("a number in it is malformed") }
      value |= UInt64(byte & 127) << shift
      if byte & 128 == 0 { return value }
      shift += 7
    }
  }

  private mutating func number(_ what: String, below bound: UInt64) throws(TokenError) -> UInt64 {
    let value = try varint()
    guard value < bound else { throw .outOfRange("\(what) \(value), where less than \(bound) are possible") }
    return value
  }

  /// A number of things of at least `size` bytes each, 0 where they share bytes.
  private mutating func count(
    _ what: String, _ allowed: ClosedRange<Int>, size: Int
  ) throws(TokenError) -> Int {
    let value = try varint()
    guard let count = Int(exactly: value), allowed.contains(count) else {
      throw .outOfRange("\(value) \(what), where \(allowed.lowerBound) to \(allowed.upperBound) are possible")
    }
    guard size == 0 || count <= rest.count / size else { throw .outOfRange("it ends before its \(count) \(what)") }
    return count
  }

  private mutating func coded<Value: TokenCoded>(_ what: String) throws(TokenError) -> Value {
    let code = try byte()
    guard let value = Value(tokenCode: code) else { throw .unknown(what, "\(code)") }
    return value
  }

  /// A name as enums and scenarios have them: lower-case letters, digits and hyphens. It may be empty.
  /// - Parameter alternatives: more names may follow it, each after a plus sign.
  private mutating func name(_ what: String, alternatives: Bool = false) throws(TokenError) -> String {
    let length = try count("characters in the name of the \(what)", 0...64, size: 1)
    let bytes = rest.prefix(length)
    rest.removeFirst(length)
    let isName = bytes.allSatisfy { byte in
      (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
        || (alternatives && byte == UInt8(ascii: "+"))
    }
    guard isName else { throw .outOfRange("the name of the \(what) is none") }
    return String(decoding: bytes, as: UTF8.self)
  }
}
