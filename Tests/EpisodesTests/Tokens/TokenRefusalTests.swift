import Episodes
import Machine
import MirrorMMU
import Scheduling
import SecureEPT
import TestSupport
import Testing

@Suite struct TokenRefusalTests {
  private let text = Tokens.minimized().text

  @Test(arguments: [
    "", "m", "m1", "hello", "M1:abc", "1:abc", ":", "m:abc", "mm1:abc", "m12345:abc", "ü1:abc", "m1;abc",
  ])
  func `text that is none is said to be no token`(text: String) {
    #expect(Tokens.error(text) == .notToken)
    #expect(!Token.resembles(text))
  }

  @Test(arguments: ["m3", "m0", "m01", "k3", "m1000"])
  func `a token of another version is named as such, whatever it holds`(version: String) {
    #expect(Tokens.error(version + ":???") == .otherVersion(version))
    #expect(TokenError.otherVersion(version).message.contains("'\(version)'"))
    #expect(TokenError.otherVersion(version).message.contains("m1: or m2: for the model"))
  }

  @Test func `every cut and every changed letter is noticed`() {
    for length in 3..<text.count { #expect(Tokens.error(String(text.prefix(length))) == .damaged) }
    let letters = Array(text)
    for index in 3..<letters.count {
      var changed = letters
      changed[index] = letters[index] == "A" ? "B" : "A"
      #expect(Tokens.error(String(changed)) == .damaged)
    }
    #expect(Tokens.error(text + "A") == .damaged)
  }

  @Test(arguments: [(" ", "a space"), ("\n", "a line break"), ("=", "'='"), ("+", "'+'"), ("é", "the byte 0xc3")])
  func `a character that no token has is named`(character: String, name: String) {
    let error = Tokens.error(text.prefix(40) + character + text.dropFirst(40))
    #expect(error == .strayCharacter(name))
    #expect(error?.message.contains(name) == true)
  }

  @Test func `an unknown mutant or protocol is named`() throws {
    let content = try Tokens.content(text)
    let known = Array("recover-invalidated".utf8)
    let start = try #require(content.indices.first { content[$0...].starts(with: known) })
    var mutant = content
    mutant.replaceSubrange(start..<(start + known.count), with: Array("recover-invalidatex".utf8))
    #expect(Tokens.error(Tokens.forge(mutant)) == .unknown("mutant", "recover-invalidatex"))
    #expect(
      TokenError.unknown("mutant", "x").message
        == "this version of stress has no mutant 'x': use the version that made the token")
    var other = content
    other.replaceSubrange(1..<9, with: Array("patch-99".utf8))
    #expect(Tokens.error(Tokens.forge(other)) == .unknown("protocol", "patch-99"))
    // Names are printed, so they may not hold what a terminal would obey.
    other.replaceSubrange(1..<9, with: Array("\u{1b}[2Jaaaa".utf8))
    #expect(Tokens.error(Tokens.forge(other)) == .outOfRange("the name of the protocol is none"))
  }

  /// Each changes a valid token so that only its content is wrong, as its text does not show.
  private static let forgeries: [(what: String, change: @Sendable (inout Token) -> Void)] = [
    ("gfn behind the guest", { $0.episode.regions.removeLast() }),
    ("no regions", { $0.episode.regions = [] }),
    ("too many regions", { $0.episode.regions = Array(repeating: $0.episode.regions[0], count: 65) }),
    ("no threads", { $0.episode.threads = [] }),
    ("too many threads", { $0.episode.threads = Array(repeating: [], count: 1025) }),
    (
      "too many requests",
      { $0.episode.threads[1] = Array(repeating: $0.episode.threads[0][0], count: 4097) }
    ),
    ("too large a population", { $0.episode.populated = Array(repeating: $0.episode.populated[0], count: 4097) }),
    ("an empty range", { $0.episode.threads[0][0].range = 5..<5 }),
    ("the last gfns there are", { $0.episode.threads[0][0].range = (.max - 1)..<(.max) }),
    ("a range of everything", { $0.episode.threads[0][0].range = 1..<(.max >> 1) }),
    ("a switch to nobody", { $0.schedule.switches[1].next = 2 }),
    ("a switch to the scheduler", { $0.schedule.switches[1].next = Schedule.start }),
    ("a switch from nobody", { $0.schedule.switches[1].task = 2 }),
    ("an answer to nobody", { $0.schedule.answers[0].task = 2 }),
    ("an answer to the scheduler", { $0.schedule.answers[0].task = Schedule.start }),
    (
      "a zap in the initial tables",
      { $0.episode.populated[0] = Request(operation: .zap, range: 0..<1, draw: 0) }
    ),
    ("a scenario that is no name", { $0.episode.scenario = "two words" }),
    ("a scenario without end", { $0.episode.scenario = String(repeating: "a", count: 65) }),
  ]

  @Test(arguments: forgeries.indices)
  func `content out of range is refused in one line, with the right checksum too`(index: Int) {
    var token = Tokens.minimized()
    Self.forgeries[index].change(&token)
    let error = Tokens.error(token.text)
    guard case .outOfRange(let what) = error else {
      Issue.record("\(Self.forgeries[index].what): \(String(describing: error))")
      return
    }
    #expect(!what.isEmpty && !what.contains("\n"))
  }

  @Test func `counts are held against what is left before anything is allocated`() {
    // mainline, no mutant, model, fault-fault, 4k, no flags, one region, then counts of requests without any.
    let head = [8] + Array("mainline".utf8) + [0, 1, 1, 1, 0, 1, 3]
    let huge: [UInt8] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]
    for tail in [[0xff, 0x1f], huge, [0] + huge, [0, 0xff, 0x07], [0, 1, 0] + huge, [0, 1, 0, 0] + huge] as [[UInt8]] {
      guard case .outOfRange? = Tokens.error(Tokens.forge(head + tail)) else {
        Issue.record("\(tail)")
        return
      }
    }
  }

  @Test func `a number has one written form, and nothing may follow the end`() throws {
    let head = [8] + Array("mainline".utf8) + [0, 1, 1, 1, 0, 1, 3]
    let end = [17] + [UInt8](repeating: 0, count: 8)
    #expect(Tokens.error(Tokens.forge(head + [0, 1, 0, 0, 0] + end)) == nil)
    for padded in [[0x80, 0, 1, 0, 0, 0], [0, 0x81, 0, 0, 0, 0], [0, 1, 0, 0, 0x80, 0x80, 0]] as [[UInt8]] {
      #expect(Tokens.error(Tokens.forge(head + padded + end)) == .outOfRange("a number in it is malformed"))
    }
    let overlong = [UInt8](repeating: 0xff, count: 9) + [2]
    #expect(Tokens.error(Tokens.forge(head + [0] + overlong + end)) == .outOfRange("a number in it is malformed"))
    #expect(Tokens.error(Tokens.forge(head + [0, 1, 0, 0, 0] + end + [0])) == .outOfRange("1 bytes follow its end"))
    // Bits of the last region byte that no region has.
    var region = head
    region[region.count - 1] = 7
    #expect(Tokens.error(Tokens.forge(region + [0, 1, 0, 0, 0] + end)) != nil)
    // A flag that a token of the model cannot have.
    var flags = head
    flags[flags.count - 3] = 16
    #expect(Tokens.error(Tokens.forge(flags + [0, 1, 0, 0, 0] + end)) == .unknown("flag", "16"))
    // A scenario that has a code may not stand there by its name.
    let named = Array(head[..<11]) + [0, 4] + Array("busy".utf8) + head[12...]
    #expect(Tokens.error(Tokens.forge(named + [0, 1, 0, 0, 0] + end)) != nil)
  }

  @Test func `every refusal is one line that says what to do`() {
    let errors: [TokenError] = [
      .notToken, .otherVersion("m3"), .damaged, .strayCharacter("a space"), .unknown("mutant", "x"), .outOfRange("x"),
    ]
    for error in errors {
      #expect(!error.message.contains("\n") && error.message.contains(":"))
      #expect(error.message.count < 180)
      #expect("\(error)" == error.message)
    }
  }
}
