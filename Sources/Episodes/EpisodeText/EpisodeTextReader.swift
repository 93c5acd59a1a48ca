import Machine
import MirrorMMU
/// Reads the text of an episode, which somebody has written by hand: each refusal names the line, and what is expected.
///
/// What is returned can be carried out, as with a token: all gfns are in the guest, all threads are the episode's, and
/// nothing is more than `Token` allows.
import Scheduling
import SecureEPT

extension EpisodeText {
  package init(parsing text: some StringProtocol) throws(EpisodeTextError) {
    guard text.utf8.count <= Self.sizeLimit else {
      throw EpisodeTextError(line: nil, "the text is longer than \(Self.sizeLimit) bytes")
    }
    var reader = EpisodeTextReader()
    for (index, line) in Substring(text).split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated()
    {
      try reader.read(line, number: index + 1)
    }
    self = try reader.finish()
  }
}

private struct EpisodeTextReader {
  private var hasHeading = false
  private var seen: [String: Int] = [:]
  private var protocolName: ProtocolName?
  private var mutant: Mutant?
  private var kernelTree: UInt64?
  private var plainAccesses = false
  private var episode = Episode(scenario: EpisodeText.ownScenario, policy: .fourK, regions: [], threads: [])
  private var policy: Policy?
  /// Requests and what names threads, with their lines: checked once all is known.
  private var requests: [(line: Int, Request)] = []
  private var named: [(line: Int, thread: Int)] = []
  private var turns: [EpisodeText.Turn] = []
  private var schedule = Schedule()
  private var seed: UInt64?
  private var strategy: StrategyName?
  private var promise: EpisodeText.Promise?

  // MARK: Lines

  mutating func read(_ text: Substring, number: Int) throws(EpisodeTextError) {
    let words = text.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }.map(String.init)
    guard !words.isEmpty else { return }
    var line = EpisodeLine(number: number, words: words)
    guard hasHeading else {
      guard words == EpisodeText.heading.split(separator: " ").map(String.init) else {
        throw line.error("expected '\(EpisodeText.heading)' as the first line", words.joined(separator: " "))
      }
      hasHeading = true
      return
    }
    try statement(&line)
    try line.end()
  }

  private mutating func statement(_ line: inout EpisodeLine) throws(EpisodeTextError) {
    let word = try line.word("a statement")
    switch word {
    case "protocol":
      try once(word, line)
      protocolName = try line.name("a protocol, see 'stress list protocols'") { ProtocolName(rawValue: $0) }
    case "mutant":
      try once(word, line)
      mutant = try line.name("a mutant, see 'stress list mutants'") { Mutant(rawValue: $0) }
    case "kernel-tree":
      try once(word, line)
      kernelTree = try line.hash("the hash of a tree, 0x and 16 hex digits")
    case "plain-accesses":
      try once(word, line)
      plainAccesses = true
    case "policy":
      try once(word, line)
      policy = try line.name(Self.oneOf(Policy.allCases.map(\.rawValue))) { Policy(rawValue: $0) }
    case "scenario":
      try once(word, line)
      episode.scenario = try line.scenario()
    case "subject":
      try once(word, line)
      episode.subject = try line.name("model or micro") { ["model": .model, "micro": .micro][$0] }
    case "region": try region(&line)
    case "option":
      let names = Self.oneOf(EpisodeOption.allCases.map(\.rawValue))
      let option = try line.name(names) { EpisodeOption(rawValue: $0) }
      option.set(&episode)
    case "before":
      guard episode.threads.isEmpty else {
        throw EpisodeTextError(line: line.number, "'before' stands before the threads")
      }
      episode.populated.append(try request(&line, after: episode.populated.count))
    case "thread": try thread(&line)
    case "turn", "switch", "yes", "seed", "strategy": try schedule(word, &line)
    case "expect":
      try once(word, line)
      let checker = try line.name("a checker, for example ORD-2") { name in
        CheckerID.allCases.first { $0.name == name }
      }
      promise = EpisodeText.Promise(checker: checker, eventHash: try line.hash("an event hash, 0x and 16 hex digits"))
    default:
      guard Operation.allCases.contains(where: { $0.name == word }) else {
        throw line.error(
          "expected a statement such as 'thread 0' or 'turn 1 5', or an operation such as 'fault 0x10'", word)
      }
      guard let last = episode.threads.indices.last else {
        throw EpisodeTextError(
          line: line.number,
          "expected 'thread 0' before the first operation, or 'before \(word)' for what is done first")
      }
      line.back()
      let request = try request(&line, after: episode.threads[last].count)
      episode.threads[last].append(request)
    }
  }

  private mutating func once(_ word: String, _ line: EpisodeLine) throws(EpisodeTextError) {
    if let first = seen[word] {
      throw EpisodeTextError(line: line.number, "'\(word)' stands in line \(first) already")
    }
    seen[word] = line.number
  }

  private static func oneOf(_ names: [String]) -> String {
    names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
  }

  // MARK: Tables and threads

  private mutating func region(_ line: inout EpisodeLine) throws(EpisodeTextError) {
    let isPrivate = try line.name("private or shared") { ["private": true, "shared": false][$0] }
    var region = Episode.Region(isPrivate: isPrivate, allowsHuge: false)
    if line.next == "huge" {
      _ = try line.word("huge")
      region.allowsHuge = true
    }
    var count = 1
    if line.next != nil {
      let room = Episode.largestRegionCount - episode.regions.count
      count = try line.name("x and a number of regions, as in 'region private x3'") { word in
        word.hasPrefix("x") ? Int(word.dropFirst()).flatMap { (1...max(room, 1)).contains($0) ? $0 : nil } : nil
      }
    }
    guard episode.regions.count + count <= Episode.largestRegionCount else {
      throw EpisodeTextError(line: line.number, "a guest has at most \(Episode.largestRegionCount) regions of 2M")
    }
    episode.regions += Array(repeating: region, count: count)
  }

  private mutating func thread(_ line: inout EpisodeLine) throws(EpisodeTextError) {
    let number = episode.threads.count
    guard number < Token.threadLimit else {
      throw EpisodeTextError(line: line.number, "an episode has at most \(Token.threadLimit) threads")
    }
    _ = try line.name("thread \(number), as threads are written in their order") { $0 == "\(number)" ? number : nil }
    episode.threads.append([])
  }

  private mutating func request(
    _ line: inout EpisodeLine, after count: Int
  ) throws(EpisodeTextError) -> Request {
    guard count < Token.requestLimit else {
      throw EpisodeTextError(line: line.number, "at most \(Token.requestLimit) operations stand one after the other")
    }
    let request = try line.request()
    requests.append((line.number, request))
    return request
  }

  // MARK: The schedule

  private mutating func schedule(_ word: String, _ line: inout EpisodeLine) throws(EpisodeTextError) {
    switch word {
    case "turn":
      guard turns.count < EpisodeText.turnLimit else {
        throw EpisodeTextError(line: line.number, "a schedule has at most \(EpisodeText.turnLimit) turns")
      }
      let thread = try self.named(&line)
      let steps = line.next == nil ? nil : try line.number("a number of steps", 1...Int(UInt32.max))
      turns.append(.init(thread: thread, steps: steps))
    case "switch":
      var change = Schedule.Switch(task: Schedule.start, step: 0, next: 0)
      if line.next == "start" {
        _ = try line.word("start")
      } else {
        try line.keyword("thread", "'start' or 'thread N step N'")
        change.task = UInt16(try self.named(&line))
      }
      if change.task != Schedule.start || line.next == "step" {
        try line.keyword("step", "'step' and a number of the thread's own steps")
        change.step = UInt32(try line.number("a step", 0...Int(UInt32.max)))
      }
      try line.keyword("to", "'to' and a thread")
      change.next = UInt16(try self.named(&line))
      schedule.switches.append(change)
    case "yes":
      try line.keyword("thread", "'thread' and a number")
      let thread = try self.named(&line)
      try line.keyword("question", "'question' and a number")
      let index = try line.number("the number of a question", 0...Int(UInt32.max))
      schedule.answers.append(.init(task: UInt16(thread), index: UInt32(index)))
    case "seed":
      try once(word, line)
      seed = try line.name("a seed, decimal or 0x and hex digits") { try? SeedText.parse($0) }
    default:
      try once(word, line)
      strategy = try line.name("a strategy, see 'stress list strategies'") { StrategyName(rawValue: $0) }
    }
    seen["schedule by \(word)"] = line.number
  }

  /// A thread that may only be written further down.
  private mutating func named(_ line: inout EpisodeLine) throws(EpisodeTextError) -> Int {
    let thread = try line.number("a thread", 0...(Token.threadLimit - 1))
    named.append((line.number, thread))
    return thread
  }

  // MARK: All of it

  mutating func finish() throws(EpisodeTextError) -> EpisodeText {
    guard hasHeading else { throw EpisodeTextError(line: nil, "expected '\(EpisodeText.heading)' as the first line") }
    guard !episode.regions.isEmpty else {
      throw EpisodeTextError(
        line: nil, "expected a line such as 'region private': a guest has at least one region of 2M")
    }
    guard !episode.threads.isEmpty else {
      throw EpisodeTextError(line: nil, "expected a line 'thread 0', with its operations below")
    }
    episode.policy = policy ?? mutant?.policy ?? .fourK
    for (line, request) in requests where request.range.upperBound > episode.guestPages {
      let last = String(episode.guestPages - 1, radix: 16)
      throw EpisodeTextError(
        line: line, "the last gfn of the guest is 0x\(last): each 'region' adds 0x200")
    }
    for (line, thread) in named where thread >= episode.threads.count {
      throw EpisodeTextError(line: line, "there is no thread \(thread): the last is \(episode.threads.count - 1)")
    }
    if kernelTree != nil || plainAccesses {
      guard protocolName == nil, mutant == nil else {
        throw EpisodeTextError(line: nil, "a kernel has neither 'protocol' nor 'mutant'")
      }
    }
    if plainAccesses && kernelTree == nil {
      throw EpisodeTextError(line: seen["plain-accesses"], "'plain-accesses' is said of a 'kernel-tree' alone")
    }
    return EpisodeText(
      protocolName: protocolName, mutant: mutant, kernelTree: kernelTree, plainAccesses: plainAccesses,
      episode: episode, plan: try plan(), promise: promise)
  }

  private func plan() throws(EpisodeTextError) -> EpisodeText.Plan {
    let words = ["turn", "switch", "seed"].filter { seen["schedule by \($0)"] != nil }
    guard words.count < 2 else {
      throw EpisodeTextError(
        line: seen["schedule by \(words[1])"], "a schedule is written by one of turn, switch and seed, not by two")
    }
    if let seed {
      guard schedule.answers.isEmpty else {
        throw EpisodeTextError(line: seen["schedule by yes"], "'yes' has no part in a schedule that a seed draws")
      }
      return .seed(seed, strategy ?? .randomWalk)
    }
    if strategy != nil {
      throw EpisodeTextError(line: seen["strategy"], "'strategy' needs a line 'seed N', from which it draws")
    }
    return turns.isEmpty ? .schedule(schedule) : .turns(turns, answers: schedule.answers)
  }
}
