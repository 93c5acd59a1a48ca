/// How numbers are written in hexadecimal, wherever people or files get them: lower case, in one of two forms.
extension FixedWidthInteger {
  /// `0x` and as few digits as it takes: gfns, pfns, addresses.
  package var hex: String { "0x" + String(self, radix: 16) }

  /// All digits of its width, without `0x`: seeds, hashes, names of files.
  package var paddedHex: String {
    let digits = String(self, radix: 16)
    return String(repeating: "0", count: Self.bitWidth / 4 - digits.count) + digits
  }
}
