/// The checksum of a token: CRC-32 as in ISO-HDLC, Ethernet and gzip (reflected, polynomial 0x04C11DB7).
package enum CRC32 {
  static let size = 4

  package static func checksum(of bytes: some Sequence<UInt8>) -> UInt32 {
    var remainder: UInt32 = .max
    for byte in bytes {
      remainder ^= UInt32(byte)
      for _ in 0..<8 { remainder = remainder >> 1 ^ (remainder & 1 == 0 ? 0 : 0xedb8_8320) }
    }
    return ~remainder
  }

  /// The checksum as it stands at a token's end, low byte first.
  package static func bytes(of bytes: some Sequence<UInt8>) -> [UInt8] {
    let value = checksum(of: bytes)
    return (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}
