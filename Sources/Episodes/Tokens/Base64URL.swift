/// Base64url without padding (RFC 4648, section 5): survives shells, URLs and double clicks.
package enum Base64URL {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  private static let values: [UInt8] = {
    var values = [UInt8](repeating: .max, count: 256)
    for (value, byte) in alphabet.enumerated() { values[Int(byte)] = UInt8(value) }
    return values
  }()

  package static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count * 4 + 2) / 3)
    var (word, bits) = (UInt32(0), UInt32(0))
    for byte in bytes {
      word = word << 8 | UInt32(byte)
      bits += 8
      while bits >= 6 {
        bits -= 6
        text.append(alphabet[Int(word >> bits & 63)])
      }
    }
    if bits > 0 { text.append(alphabet[Int(word << (6 - bits) & 63)]) }
    return String(decoding: text, as: UTF8.self)
  }

  /// Reads what `encode` writes, and nothing else: bits left over at the end must be 0.
  package static func decode(_ text: ArraySlice<UInt8>) throws(TokenError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count * 3 / 4)
    var (word, bits) = (UInt32(0), UInt32(0))
    for byte in text {
      let value = values[Int(byte)]
      guard value != .max else { throw .strayCharacter(printable(byte)) }
      word = word << 6 | UInt32(value)
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: word >> bits))
      }
    }
    guard bits < 6, word & (1 << bits - 1) == 0 else { throw .damaged }
    return bytes
  }

  private static func printable(_ byte: UInt8) -> String {
    switch byte {
    case 0x20: "a space"
    case 0x0a, 0x0d: "a line break"
    case 0x21...0x7e: "'\(Character(UnicodeScalar(byte)))'"
    default: "the byte \(byte.hex)"
    }
  }
}
