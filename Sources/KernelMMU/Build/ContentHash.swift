/// FNV-1a of 128 bits: names a cache entry by what went into it. Against accidents, not against adversaries.
struct ContentHash {
  private var state: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d
  private static let prime: UInt128 = 0x0000_0000_0100_0000_0000_0000_0000_013b

  mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { state = (state ^ UInt128(byte)) &* Self.prime }
  }

  /// The name as well as the content, and where one ends and the next begins.
  mutating func add(_ name: String, _ bytes: [UInt8]) {
    add(name.utf8)
    add([0])
    add("\(bytes.count)".utf8)
    add([0])
    add(bytes)
  }

  /// Half of it, where a number is wanted.
  var word: UInt64 { UInt64(truncatingIfNeeded: state ^ (state >> 64)) }

  /// 32 hexadecimal digits.
  var text: String { state.paddedHex }

  /// Whether `name` could be some `text`.
  static func isText(_ name: String) -> Bool {
    name.utf8.count == 32 && name.allSatisfy { ("0"..."9").contains($0) || ("a"..."f").contains($0) }
  }
}
