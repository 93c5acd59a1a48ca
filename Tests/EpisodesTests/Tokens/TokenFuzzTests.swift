import Episodes
import Machine
import Scheduling
import TestSupport
import Testing

@Suite struct TokenFuzzTests {
  /// Whatever is read must be within bounds and print as it was.
  private func look(_ text: String, _ counts: inout (read: Int, refused: Int)) {
    guard let token = try? Token(parsing: text) else {
      counts.refused += 1
      return
    }
    counts.read += 1
    if !Tokens.isWithinBounds(token) || token.text != text { Issue.record("\(text) gives \(token)") }
  }

  @Test func `changed bytes under a right checksum never trap, and what is read is valid and prints as it was`() throws
  {
    var draws = SplitMix64(seed: 99, .layout)
    var counts = (read: 0, refused: 0)
    var content: [UInt8] = []
    for number in 0..<20_000 {
      if number % 20 == 0 { content = try Tokens.content(Tokens.draw(&draws).text) }
      var bytes = content
      for _ in 0...draws.below(3) {
        let place = Int(draws.below(UInt64(max(bytes.count, 1))))
        switch draws.below(6) {
        case 0: bytes.removeSubrange(place...)
        case 1: bytes.insert(UInt8(truncatingIfNeeded: draws.next()), at: place)
        case 2 where !bytes.isEmpty: bytes.remove(at: place)
        case 3 where !bytes.isEmpty: bytes[place] = [0, 1, 127, 128, 255][Int(draws.below(5))]
        default:
          guard !bytes.isEmpty else { break }
          bytes[place] ^= 1 << UInt8(draws.below(8))
        }
      }
      look(Tokens.forge(bytes), &counts)
    }
    // Both ends of the test must be alive: changes that leave a valid token, and such that do not.
    #expect(counts.read > 1000 && counts.refused > 1000)
  }

  @Test func `random bytes under a right checksum never trap`() {
    var draws = SplitMix64(seed: 7, .layout)
    var counts = (read: 0, refused: 0)
    let head = [8] + Array("mainline".utf8) + [0]
    for number in 0..<20_000 {
      let random = (0..<draws.below(60)).map { _ in UInt8(truncatingIfNeeded: draws.next() >> draws.below(8)) }
      // Half of them get behind the names, where the numbers are.
      look(Tokens.forge(number & 1 == 0 ? random : head + random), &counts)
    }
    #expect(counts.refused > 10_000)
  }

  @Test func `random text never traps`() {
    var draws = SplitMix64(seed: 8, .layout)
    for _ in 0..<5000 {
      let bytes = (0..<draws.below(80)).map { _ in UInt8(truncatingIfNeeded: draws.next()) }
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(Tokens.error(text) != nil)
      #expect(Tokens.error("m1:" + text) != nil)
    }
  }
}
