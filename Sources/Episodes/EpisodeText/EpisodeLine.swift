/// The words of one line of an episode's text, read from left to right.
import Machine

struct EpisodeLine {
  let number: Int
  private let words: [String]
  private var place = 0

  init(number: Int, words: [String]) {
    self.number = number
    self.words = words
  }

  var next: String? { place < words.count ? words[place] : nil }

  func error(_ expected: String, _ found: String?) -> EpisodeTextError {
    guard let found else { return EpisodeTextError(line: number, "\(expected), and the line ends") }
    let shown = found.count > 40 ? "\(found.prefix(40))..." : found
    let safe = shown.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : String($0) }.joined()
    return EpisodeTextError(line: number, "\(expected), not '\(safe)'")
  }

  mutating func word(_ what: String) throws(EpisodeTextError) -> String {
    guard let next else { throw error("expected \(what)", nil) }
    place += 1
    return next
  }

  /// The word that was read last is read again.
  mutating func back() { place -= 1 }

  mutating func name<Value>(
    _ what: String, _ read: (String) -> Value?
  ) throws(EpisodeTextError) -> Value {
    let word = try word(what)
    guard let value = read(word) else { throw error("expected \(what)", word) }
    return value
  }

  mutating func keyword(_ keyword: String, _ what: String) throws(EpisodeTextError) {
    _ = try name(what) { $0 == keyword ? true : nil }
  }

  mutating func number(_ what: String, _ allowed: ClosedRange<Int>) throws(EpisodeTextError) -> Int {
    try name("\(what), \(allowed.lowerBound)...\(allowed.upperBound)") { word in
      Self.whole(word).flatMap { Int(exactly: $0) }.flatMap { allowed.contains($0) ? $0 : nil }
    }
  }

  mutating func hash(_ what: String) throws(EpisodeTextError) -> UInt64 {
    try name(what) { $0.hasPrefix("0x") ? Self.whole($0) : nil }
  }

  /// As in a token: lower-case letters, digits and hyphens; two quotes stand for none.
  mutating func scenario() throws(EpisodeTextError) -> String {
    try name("a name of lower-case letters, digits and hyphens, at most 64") { word in
      if word == "\"\"" { return "" }
      let isName = word.utf8.allSatisfy {
        (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
      }
      return isName && word.utf8.count <= 64 ? word : nil
    }
  }

  /// `OPERATION GFN[-GFN] [draw N]`
  mutating func request() throws(EpisodeTextError) -> Request {
    let operation = try name("an operation, see 'stress list operations'") { name in
      Operation.allCases.first { $0.name == name }
    }
    let range = try range()
    var draw: UInt64 = 0
    if next != nil {
      try keyword("draw", "'draw' and a number, or the line's end")
      draw = UInt64(try number("a draw", 0...Int(Episode.drawBound - 1)))
    }
    return Request(operation: operation, range: range, draw: draw)
  }

  func end() throws(EpisodeTextError) {
    if let next { throw error("expected the line's end", next) }
  }

  /// Both ends are part of it.
  private mutating func range() throws(EpisodeTextError) -> Range<Gfn> {
    let (first, last) = try name("a gfn or two, as in '0x10' or '0x10-0x1f'") { word -> (UInt64, UInt64)? in
      let parts = word.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
      guard parts.count <= 2, let first = Self.whole(parts[0]), let last = Self.whole(parts[parts.count - 1]) else {
        return nil
      }
      return (first, last)
    }
    let word = words[place - 1]
    guard first <= last else { throw error("expected the lower gfn before the higher one", word) }
    let limit = UInt64(Episode.largestRegionCount) * 512
    guard last < limit else {
      throw error("expected gfns below \(limit.hex), the end of the largest guest memory", word)
    }
    return first..<(last + 1)
  }

  private static func whole(_ word: String) -> UInt64? {
    let isHex = word.hasPrefix("0x")
    let digits = isHex ? word.dropFirst(2) : word[...]
    guard !digits.isEmpty, digits.utf8.first != UInt8(ascii: "+"), digits.utf8.first != UInt8(ascii: "-") else {
      return nil
    }
    return UInt64(digits, radix: isHex ? 16 : 10)
  }
}
