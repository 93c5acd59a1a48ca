import Episodes
import Machine
import MirrorMMU
import Scheduling
import SecureEPT
import TestSupport
import Testing

@Suite struct TokenTests {
  @Test func `what is written is read again`() throws {
    var draws = SplitMix64(seed: 1, .layout)
    for _ in 0..<2000 {
      let token = Tokens.draw(&draws)
      let text = token.text
      #expect(try Token(parsing: text) == token)
      #expect(try Token(parsing: text).text == text)
    }
  }

  @Test func `the largest sizes and numbers survive`() throws {
    var draws = SplitMix64(seed: 2, .layout)
    let episode = Scenario.episode(.random, threads: 1024, operations: 64, policy: .huge, draws: &draws)
    var token = Tokens.minimized()
    token.episode = episode
    token.episode.regions = Array(repeating: Episode.Region(isPrivate: false, allowsHuge: true), count: 64)
    let whole = Request(operation: .zap, range: 0..<token.episode.guestPages, draw: 255)
    token.episode.threads = Array(repeating: [whole], count: 1023) + [Array(repeating: whole, count: 4096)]
    token.schedule = Schedule(
      switches: [Schedule.Switch(task: 1023, step: .max, next: 1023)],
      answers: [Schedule.Answer(task: 1023, index: .max)])
    #expect(try Token(parsing: token.text) == token)
    #expect(Tokens.isWithinBounds(token))
  }

  @Test func `a minimised token fits two lines of a terminal`() {
    for mutant in Mutant.allCases {
      let text = Tokens.minimized(mutant).text
      #expect(text.count < 160)
      #expect(
        text.hasPrefix("m1:") && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_:".contains($0)) })
    }
  }

  @Test func `whitespace around a token is forgiven`() throws {
    let token = Tokens.minimized()
    for text in ["  \(token.text)", "\(token.text)\r\n", "\t\n\(token.text) \n"] {
      #expect(try Token(parsing: text) == token)
      #expect(Token.resembles(text))
    }
  }

  @Test func `a scenario that this version does not name is carried along`() throws {
    var token = Tokens.minimized()
    for name in ["bridge", "", "a-scenario-of-2031"] {
      token.episode.scenario = name
      #expect(try Token(parsing: token.text).episode.scenario == name)
    }
  }

  /// Tokens outlive the version that printed them: this one was printed when the format was made.
  @Test func `a token of long ago means what it meant`() throws {
    let text =
      "m1:CG1haW5saW5lE3JlY292ZXItaW52YWxpZGF0ZWQBCQIBBP8CAcAMAcgCvAUByAICBYAMgATIAcAMAcgCCIAMgATIBoAMgATIAwAAAQKs"
      + "AgAB-AoBAgADAYwBERAyVHaYutz-xXhFKA"
    #expect(try Token(parsing: text) == Tokens.minimized())
    #expect(Tokens.minimized().text == text)
  }

  /// Entering the guest takes a step of its own since version 2: what has none means the same in both.
  @Test func `a token with a guest is of version 2, and one of version 1 with a guest is refused`() throws {
    var token = Tokens.minimized()
    token.episode.threads[0][0] = Request(operation: .guest, range: 5..<6, draw: 3)
    #expect(token.text.hasPrefix("m2:"))
    #expect(try Token(parsing: token.text) == token)
    let old = "m1:" + token.text.dropFirst(3)
    #expect(Tokens.error(old)?.message.contains("a step of its own") == true)
    let other = "m2:" + Tokens.minimized().text.dropFirst(3)
    #expect(Tokens.error(other)?.message.contains("no guest") == true)
    token.kernelTree = 5
    token.mutant = nil
    #expect(token.text.hasPrefix("k2:"))
    #expect(try Token(parsing: token.text).kernelTree == 5)
  }

  @Test func `a kernel's token says whether plain accesses were schedule points`() throws {
    // Printed before there were any.
    let text = "k1:zOzpIFk5VaYAAAEBAQIBAwABAQECAd8AAQABAwTGIYSrptlbJt2PFA"
    var token = try Token(parsing: text)
    #expect(!token.plainAccesses && token.text == text)
    token.plainAccesses = true
    #expect(token.text != text && token.text.hasPrefix("k1:"))
    #expect(try Token(parsing: token.text) == token)
  }

  @Test func `a token of the model has no plain accesses`() throws {
    var token = Tokens.minimized()
    token.plainAccesses = true
    let flags = TokenError.unknown("flag", "17")
    #expect(Tokens.error(token.text) == flags)
  }

  @Test func `codes never change and none is used twice`() {
    #expect(
      Operation.allCases.map { "\($0.name)=\($0.tokenCode)" } == [
        "fault=1", "fault-2m=2", "fast-fault=3", "zap=4", "unmap=5", "split=6", "split-exclusive=7", "recover=8",
        "nx-recover=9", "wrprot=10", "clear-dirty=11", "age=12", "convert=13", "invalidate=14", "guest=15",
        "split-mirror=16", "prune-mirror=17", "plant=18", "touch=19", "log-dirty=20", "collect-dirty=21",
      ])
    #expect(Policy.allCases.map { "\($0.rawValue)=\($0.tokenCode)" } == ["4k=1", "huge=2", "huge-shared=3"])
    #expect([Episode.Subject.model, .micro].map(\.tokenCode) == [1, 2])
    #expect(
      CheckerID.allCases.map { "\($0.name)=\($0.tokenCode)" } == [
        "FRZ-1=1", "FRZ-2=2", "FRZ-3=3", "ORD-1=4", "ORD-2=5", "ORD-3=6", "ORD-4=7", "DUP-1=8", "EQ-1=9", "LCK-1=10",
        "LCK-2=11", "RCU-1=12", "CNT-1=13", "BUG-1=14", "TLB-1=15", "LIV-1=16", "MAP-1=17", "ACC-1=18", "RACE-1=19",
        "DIRT-1=20", "WP-1=21", "OOPS-1=22", "HANG-1=23", "MEM-1=24", "LST-1=25", "TLB-2=26",
      ])
    #expect(
      ScenarioName.allCases.map { "\($0.rawValue)=\($0.tokenCode)" } == [
        "fault-fault=1", "fault-neighbours=2", "fault-zap=3", "fault-unmap=4", "fault-split=5", "fault-convert=6",
        "fault-nx-recover=7", "fault-recover=8", "fault-invalidate=9", "busy=10", "guest-zap=11", "lockless=12",
        "recover-unmap=13", "teardown=14", "random=15", "micro=16", "mirror-split=17", "mirror-prune=18", "planted=19",
        "hardware-ad=20", "memslot=21", "dirty-logging=22", "tables=26", "dying=27", "suspect-wrprot=23",
        "suspect-eio=24", "suspect-retry=25",
      ])
  }

  @Test func `the checksum is CRC-32 and the letters are base64url`() throws {
    // The check value of the CRC catalogue, and RFC 4648's examples.
    #expect(CRC32.checksum(of: Array("123456789".utf8)) == 0xcbf4_3926)
    let examples = [
      "": "", "f": "Zg", "fo": "Zm8", "foo": "Zm9v", "foob": "Zm9vYg", "fooba": "Zm9vYmE", "foobar": "Zm9vYmFy",
    ]
    for (plain, encoded) in examples {
      #expect(Base64URL.encode(Array(plain.utf8)) == encoded)
      #expect(try Base64URL.decode(Array(encoded.utf8)[...]) == Array(plain.utf8))
    }
    #expect(Base64URL.encode([0xfb, 0xff]) == "-_8")
    // Bits that no byte has, and a letter that is too few for one.
    for other in ["Zh", "Zm9", "Z", "Zm9vY"] {
      #expect(throws: TokenError.damaged) { try Base64URL.decode(Array(other.utf8)[...]) }
    }
  }
}

/// Protocols with alternatives have names of their own kind.
@Suite struct AlternativeTokenTests {
  @Test(arguments: ProtocolName.withAlternatives)
  func `a token of any protocol reads as it was written`(name: ProtocolName) throws {
    var draws = SplitMix64(seed: 1, .episode)
    let episode = Scenario.episode(.busy, threads: 2, operations: 2, policy: .huge, draws: &draws)
    let token = Token(
      protocolName: name, mutant: nil, episode: episode, schedule: Schedule(), checker: .eq1, eventHash: 7)
    #expect(try Token(parsing: token.text) == token)
  }
}
