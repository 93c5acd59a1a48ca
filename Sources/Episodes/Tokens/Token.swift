import Machine
import MirrorMMU
import Scheduling

/// A replay token: one printable line that carries a failing execution, all of it.
///
/// `m1:` and then, in base64url without padding: protocol and mutant by name, the episode, the schedule as its
/// non-default choices, the checker, the hash of all events, and a CRC-32 of all that. A token has one written form:
/// what is read prints as it was.
public struct Token: Sendable, Equatable {
  /// The model's tokens, version 1. Another subject or another layout gets another prefix.
  package static let prefix = "m1:"
  /// A user's kernel, version 1: as the model's, after the hash of the tree.
  package static let kernelPrefix = "k1:"
  /// The same layouts, for executions with guests: since version 2 a vCPU that enters its guest takes a step for it.
  static let (guestPrefix, kernelGuestPrefix) = ("m2:", "k2:")
  /// How one begins, in words.
  package static let beginnings =
    "\(prefix) or \(guestPrefix) for the model, \(kernelPrefix) or \(kernelGuestPrefix) for a kernel"

  package static let threadLimit = 1024
  /// Requests of one thread, and of the population.
  package static let requestLimit = 4096

  public var protocolName: ProtocolName
  public var mutant: Mutant?
  /// Hash of the kernel tree that the execution ran on; nil for the model. Protocol and mutant say nothing then.
  public var kernelTree: UInt64?
  /// The kernel was built with plain accesses as schedule points: another build of the tree has others.
  public var plainAccesses: Bool
  package var episode: Episode
  package var schedule: Schedule
  /// The rule that the execution breaks.
  package var checker: CheckerID
  /// Hash of all events of the execution.
  public var eventHash: UInt64

  package init(
    protocolName: ProtocolName, mutant: Mutant?, kernelTree: UInt64? = nil, plainAccesses: Bool = false,
    episode: Episode, schedule: Schedule, checker: CheckerID, eventHash: UInt64
  ) {
    self.plainAccesses = plainAccesses
    self.kernelTree = kernelTree
    self.protocolName = protocolName
    self.mutant = mutant
    self.episode = episode
    self.schedule = schedule
    self.checker = checker
    self.eventHash = eventHash
  }

  /// The token as it is printed. For an episode within the limits that `init(parsing:)` states, whose scenario is a
  /// name of lower-case letters, digits and hyphens.
  public var text: String {
    var writer = TokenWriter()
    writer.write(self)
    return version + Base64URL.encode(writer.bytes + CRC32.bytes(of: writer.bytes))
  }

  /// The lowest that the execution means the same in, so that it has one token.
  private var version: String {
    let hasGuests = (episode.populated + episode.threads.joined()).contains { $0.operation == .guest }
    return kernelTree == nil
      ? hasGuests ? Self.guestPrefix : Self.prefix : hasGuests ? Self.kernelGuestPrefix : Self.kernelPrefix
  }

  /// Reads a token; whitespace around it is forgiven.
  ///
  /// What is returned can be carried out: all gfns are in the guest, all tasks are threads of the episode, 1 to
  /// `Episode.largestRegionCount` regions, 1 to `threadLimit` threads, at most `requestLimit` requests each.
  public init(parsing text: some StringProtocol) throws(TokenError) {
    let bytes = Self.trimmed(text)
    guard let (version, payload) = Self.split(bytes) else { throw .notToken }
    guard [Self.prefix, Self.kernelPrefix, Self.guestPrefix, Self.kernelGuestPrefix].contains(version) else {
      throw .otherVersion(String(version.dropLast()))
    }
    let decoded = try Base64URL.decode(payload)
    let content = decoded.dropLast(CRC32.size)
    guard decoded.count > CRC32.size, CRC32.bytes(of: content).elementsEqual(decoded.suffix(CRC32.size)) else {
      throw .damaged
    }
    var reader = TokenReader(content)
    self = try reader.token(isKernel: version.first == Self.kernelPrefix.first)
    guard version == self.version else {
      throw .outOfRange(
        version == Self.prefix || version == Self.kernelPrefix
          ? "it is of version \(version.dropLast()) and has a guest, which is entered by a step of its own since"
          : "it is of version \(version.dropLast()) and has no guest")
    }
    if let oddity = episode.oddityOfSetUp { throw .outOfRange("it has \(oddity)") }
  }

  /// True for text that means to be a token, of any version: a letter, digits, a colon.
  package static func resembles(_ text: some StringProtocol) -> Bool { split(trimmed(text)) != nil }

  /// The token in a line as people pass it on: alone, or in the command that replays it, with what stands before and
  /// behind that. nil for any other line.
  package static func word(in line: some StringProtocol) -> String? {
    let words = line.split(whereSeparator: \.isWhitespace).map { String($0) }
    if words.count == 1 { return resembles(words[0]) ? words[0] : nil }
    guard let command = words.firstIndex(where: { commands.contains($0) }), command > 0,
      words[command - 1].split(separator: "/").last == "stress"
    else { return nil }
    return words.dropFirst(command + 1).first { resembles($0) }
  }

  private static let commands = ["replay", "minimize"]

  private static func trimmed(_ text: some StringProtocol) -> ArraySlice<UInt8> {
    var bytes = Array(text.utf8)[...]
    func isSpace(_ byte: UInt8?) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte ?? 0) }
    while isSpace(bytes.first) { bytes.removeFirst() }
    while isSpace(bytes.last) { bytes.removeLast() }
    return bytes
  }

  /// The prefix with its colon, and what follows.
  private static func split(_ bytes: ArraySlice<UInt8>) -> (prefix: String, payload: ArraySlice<UInt8>)? {
    // A letter and up to four digits: more are no version.
    guard let colon = bytes.prefix(6).firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let digits = bytes[..<colon].dropFirst()
    guard let letter = bytes.first, (0x61...0x7a).contains(letter), !digits.isEmpty,
      digits.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    return (String(decoding: bytes[...colon], as: UTF8.self), bytes[(colon + 1)...])
  }
}
