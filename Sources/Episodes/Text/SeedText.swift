/// The written forms of a seed.
///
/// Three forms are read: a decimal number, `0x` and up to 16 hexadecimal digits, and a git hash. A hash is folded into
/// 64 bits, so that CI can pass the commit under test and gets other rounds with every commit. All three print alike,
/// and what is printed can be given back.
public enum SeedText {
  package static let allowed =
    "a number from 0 to \(UInt64.max), 0x and 1 to 16 hexadecimal digits, or a git hash of 7 to 40 hexadecimal digits"

  /// Reads a seed. Digits alone are a decimal number, even where a hash could consist of digits alone: `1234567` typed
  /// by a person means the number.
  public static func parse(_ text: String) throws(ConfigurationTextError) -> UInt64 {
    let bytes = Array(text.utf8)
    if !bytes.isEmpty, bytes.allSatisfy(isDecimal) {
      guard let value = UInt64(text) else { throw refusal }
      return value
    }
    if bytes.starts(with: Array("0x".utf8)) || bytes.starts(with: Array("0X".utf8)) {
      let digits = bytes.dropFirst(2)
      guard (1...16).contains(digits.count), digits.allSatisfy(isHexadecimal),
        let value = UInt64(String(decoding: digits, as: UTF8.self), radix: 16)
      else { throw refusal }
      return value
    }
    guard (7...40).contains(bytes.count), bytes.allSatisfy(isHexadecimal) else { throw refusal }
    return fold(bytes.map { $0 | 0x20 })
  }

  /// `0x` and 16 lower-case digits: the one form in which a seed is printed and recorded.
  public static func format(_ seed: UInt64) -> String { "0x" + seed.paddedHex }

  private static var refusal: ConfigurationTextError { ConfigurationTextError("a seed is \(allowed)") }

  /// FNV-1a, 64 bits.
  private static func fold(_ bytes: [UInt8]) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
  }

  private static func isDecimal(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    isDecimal(byte) || (0x61...0x66).contains(byte | 0x20)
  }
}
