import Episodes
import Machine
import MirrorMMU
import Scheduling
import SecureEPT
import TestSupport
import Testing

/// The text of an episode: what is written is read, and what cannot be read is refused where it stands.
@Suite struct EpisodeTextTests {
  private static let smallest = "stress episode 1\nregion private\nthread 0\nfault 0x1\n"

  static func error(_ text: String) -> EpisodeTextError? {
    do {
      _ = try EpisodeText(parsing: text)
      return nil
    } catch {
      return error
    }
  }

  // MARK: Round trips

  @Test func `a token comes back from its text as it was`() throws {
    var draws = SplitMix64(seed: 1, .layout)
    for index in 0..<1000 {
      var token = Tokens.draw(&draws)
      if index % 5 == 0 {
        token.kernelTree = draws.next()
        token.plainAccesses = index % 10 == 0
        token.mutant = nil
      }
      token.episode.assertsLocks = index % 3 > 0
      token.episode.tdIsDead = index % 7 == 0
      let text = EpisodeText(token).text
      let back = try EpisodeText(parsing: text)
      #expect(back.token?.text == token.text, "\(text)")
      #expect(back.text == text)
    }
  }

  @Test func `the largest sizes come back too`() throws {
    var token = Tokens.minimized()
    token.episode.regions = Array(repeating: Episode.Region(isPrivate: false, allowsHuge: true), count: 64)
    let whole = Request(operation: .zap, range: 0..<token.episode.guestPages, draw: 255)
    token.episode.threads = Array(repeating: [whole], count: 1023) + [Array(repeating: whole, count: 4096)]
    token.schedule = Schedule(
      switches: [.init(task: 1023, step: .max, next: 1023)], answers: [.init(task: 1023, index: .max)])
    token.episode.scenario = ""
    #expect(try EpisodeText(parsing: EpisodeText(token).text).token == token)
  }

  @Test func `turns and seeds are written as they are read`() throws {
    for end in ["turn 0 7\nturn 0\nyes thread 0 question 3\n", "seed 0x0000000000000009\nstrategy pct-3\n"] {
      let text = try EpisodeText(parsing: Self.smallest + end)
      #expect(text.text.hasSuffix(end) && text.token == nil)
      #expect(try EpisodeText(parsing: text.text) == text)
    }
  }

  @Test func `comments, empty lines and spaces say nothing`() throws {
    let plain = try EpisodeText(parsing: Self.smallest)
    let decorated =
      "# what it is\r\n\r\n  stress   episode 1 # its version\nregion\tprivate\n\nthread 0 # the only\n\n   fault 1\n"
    #expect(try EpisodeText(parsing: decorated) == plain)
    #expect(EpisodeText.resembles(decorated) && !EpisodeText.resembles("m1:abc") && !EpisodeText.resembles("# x\n"))
    #expect(plain.episode.scenario == "by-hand" && plain.episode.policy == .fourK && plain.protocolName == nil)
  }

  @Test func `a mutant's policy is the default of its episodes`() throws {
    #expect(try EpisodeText(parsing: Self.smallest + "mutant steal-frozen\n").episode.policy == .hugeShared)
    #expect(try EpisodeText(parsing: Self.smallest + "mutant steal-frozen\npolicy huge\n").episode.policy == .huge)
  }

  // MARK: Refusals

  private static let refusals: [(text: String, line: Int?, says: String)] = [
    ("", nil, "'stress episode 1'"), ("stress episode 2\n", 1, "not 'stress episode 2'"),
    ("region private\n", 1, "as the first line"), ("stress episode 1\nthread 0\n", nil, "'region private'"),
    ("stress episode 1\nregion private\n", nil, "'thread 0'"), (smallest + "regoin shared\n", 5, "not 'regoin'"),
    (smallest + "region open\n", 5, "private or shared, not 'open'"), (smallest + "region private x0\n", 5, "x3"),
    (smallest + "region private x64\n", 5, "x3"), (smallest + "region private huge huge\n", 5, "not 'huge'"),
    (smallest + "policy 2m\n", 5, "4k, huge or huge-shared"), (smallest + "policy\n", 5, "and the line ends"),
    (smallest + "policy 4k\npolicy 4k\n", 6, "in line 5 already"), (smallest + "mutant nobody\n", 5, "list mutants"),
    (smallest + "protocol nobody\n", 5, "list protocols"), (smallest + "option sloppy\n", 5, "busy, yield, teardown"),
    (smallest + "thread 2\n", 5, "thread 1, as threads are written in their order"),
    (smallest + "fault\n", 5, "a gfn or two"), (smallest + "fault 0x200\n", 5, "0x1ff"),
    (smallest + "fault 0x7-0x6\n", 5, "the lower gfn before the higher one, not '0x7-0x6'"),
    (smallest + "fault 0x1-0x10000000\n", 5, "gfns below 0x"), (smallest + "fault -1\n", 5, "not '-1'"),
    (smallest + "fault 0x1 draw 256\n", 5, "0...255"), (smallest + "fault 0x1 0x2\n", 5, "'draw' and a number"),
    (smallest + "before fault 0x1\n", 5, "before the threads"),
    ("stress episode 1\nregion private\nfault 0x1\n", 3, "before the first operation"),
    (smallest + "turn 1\n", 5, "there is no thread 1"), (smallest + "turn 0 0\n", 5, "a number of steps"),
    (smallest + "switch thread 0 step 4\n", 5, "'to' and a thread"),
    (smallest + "switch at start to 0\n", 5, "'start' or 'thread N step N'"),
    (smallest + "turn 0\nseed 7\n", 6, "not by two"), (smallest + "strategy pos\n", 5, "needs a line 'seed N'"),
    (smallest + "seed many\n", 5, "a seed"), (smallest + "yes thread 0 question 1\nseed 7\n", 5, "no part"),
    (smallest + "expect ORD-9 0x1\n", 5, "a checker"), (smallest + "expect ORD-2 7\n", 5, "an event hash"),
    (smallest + "plain-accesses\n", 5, "'kernel-tree'"),
    (smallest + "kernel-tree 0x1\nmutant lost-zap\n", nil, "neither"),
    (smallest + "subject real\n", 5, "model or micro"),
    (smallest + "scenario Two\n", 5, "lower-case"), (smallest + "fault \u{1b}[2J\n", 5, "not ' [2J'"),
  ]

  @Test(arguments: refusals.indices)
  func `what is wrong is told with its line, and with what is expected`(index: Int) throws {
    let (text, line, says) = Self.refusals[index]
    let error = try #require(Self.error(text), "\(text)")
    #expect(error.line == line, "\(error)")
    #expect(error.what.contains(says), "\(error)")
    #expect(!"\(error)".contains("\n") && "\(error)".count < 200)
  }

  @Test func `too much is refused`() {
    #expect(Self.error(String(repeating: "#", count: (1 << 20) + 1))?.line == nil)
    let many = Self.smallest + String(repeating: "fault 0x1\n", count: 4096)
    #expect(Self.error(many)?.line == 4 + 4096)
    let threads = (1...1024).map { "thread \($0)\n" }.joined()
    #expect(Self.error(Self.smallest + threads)?.line == 4 + 1024)
  }

  // MARK: Fuzzing

  @Test func `no text traps, and what is read is valid and is written as it is read`() throws {
    var draws = SplitMix64(seed: 21, .layout)
    let words = [
      "thread", "0", "1", "0x1ff", "turn", "switch", "start", "to", "step", "yes", "question", "seed", "region", "huge",
      "x64", "shared", "before", "fault", "zap", "draw", "-", "#", "\n", "expect", "MAP-1", "0xffffffffffffffff",
      "18446744073709551615", "-1", "\u{0}", "é", "option", "policy", "stress episode 1\n",
    ]
    var counts = (read: 0, refused: 0)
    for _ in 0..<6000 {
      var bytes = Array(EpisodeText(Tokens.draw(&draws)).text.utf8)
      for _ in 0...draws.below(3) {
        let place = Int(draws.below(UInt64(bytes.count)))
        switch draws.below(5) {
        case 0: bytes.removeSubrange(place..<min(place + 1 + Int(draws.below(9)), bytes.count))
        case 1: bytes[place] = UInt8(truncatingIfNeeded: draws.next())
        case 2: bytes[place] = UInt8(ascii: "0") + UInt8(draws.below(10))
        default: bytes.insert(contentsOf: " \(words[Int(draws.below(UInt64(words.count)))]) ".utf8, at: place)
        }
        if bytes.isEmpty { bytes = [0] }
      }
      let text = String(decoding: bytes, as: UTF8.self)
      guard let read = try? EpisodeText(parsing: text) else {
        counts.refused += 1
        continue
      }
      counts.read += 1
      #expect(try EpisodeText(parsing: read.text) == read)
      if let token = read.token { #expect(Tokens.isWithinBounds(token)) }
    }
    #expect(counts.read > 300 && counts.refused > 300)
  }
}
