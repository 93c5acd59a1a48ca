/// SHA-256 (FIPS 180-4), for the hashes in a page's content security policy: the toolchain brings none on Linux, and a
/// cryptography package is more than all the rest that is built.

package enum SHA256 {
  private static let primes: [Int] = (2...311).filter { candidate in
    (2..<candidate).allSatisfy { candidate % $0 != 0 }
  }

  /// The first 32 bits of the fractional part of a root of a prime.
  private static func fraction(_ prime: Int, _ root: (Double) -> Double) -> UInt32 {
    let value = root(Double(prime))
    return UInt32((value - value.rounded(.down)) * 4_294_967_296)
  }

  private static let constants = primes.prefix(64).map { fraction($0) { cubeRoot($0) } }
  private static let start = primes.prefix(8).map { fraction($0) { $0.squareRoot() } }

  /// Newton's method from above: exact to the last bits of a double for small numbers.
  private static func cubeRoot(_ value: Double) -> Double {
    var root = value
    for _ in 0..<64 { root -= (root * root * root - value) / (3 * root * root) }
    return root
  }

  /// The 32 bytes of the hash.
  package static func hash(_ bytes: [UInt8]) -> [UInt8] {
    var padded = bytes + [0x80]
    padded += Array(repeating: 0, count: (120 - padded.count % 64) % 64)
    padded += (0..<8).reversed().map { UInt8(truncatingIfNeeded: (bytes.count * 8) >> ($0 * 8)) }
    var state = start
    for block in stride(from: 0, to: padded.count, by: 64) { mix(&state, padded[block..<(block + 64)]) }
    return state.flatMap { word in (0..<4).reversed().map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
  }

  private static func mix(_ state: inout [UInt32], _ block: ArraySlice<UInt8>) {
    func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }

    var words = (0..<16).map { index in
      block.dropFirst(index * 4).prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }
    for index in 16..<64 {
      let (early, late) = (words[index - 15], words[index - 2])
      let first = rotated(early, 7) ^ rotated(early, 18) ^ early >> 3
      let second = rotated(late, 17) ^ rotated(late, 19) ^ late >> 10
      words.append(words[index - 16] &+ first &+ words[index - 7] &+ second)
    }
    var work = state
    for index in 0..<64 {
      let (a, b, c, e) = (work[0], work[1], work[2], work[4])
      let choice = (e & work[5]) ^ (~e & work[6])
      let first =
        work[7] &+ (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) &+ choice &+ constants[index] &+ words[index]
      let second = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) &+ ((a & b) ^ (a & c) ^ (b & c))
      work = [first &+ second, a, b, c, work[3] &+ first, e, work[5], work[6]]
    }
    for index in 0..<8 { state[index] &+= work[index] }
  }
}
