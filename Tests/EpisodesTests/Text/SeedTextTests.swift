import Episodes
import Testing

/// The three written forms of a seed.
@Suite struct SeedTextTests {
  @Test(arguments: [
    ("0", 0), ("42", 42), ("0042", 42), ("18446744073709551615", UInt64.max), ("1234567", 1_234_567),
    ("0x0", 0), ("0x2a", 42), ("0X2A", 42), ("0xffffffffffffffff", UInt64.max),
  ])
  func `numbers are taken as they are`(text: String, seed: UInt64) throws {
    #expect(try SeedText.parse(text) == seed)
  }

  @Test func `a git hash folds to the same seed in any case and on any machine`() throws {
    #expect(try SeedText.parse("deadbee") == SeedText.parse("DEADBEE"))
    // Fixed for ever, as CI logs name the commit and expect its rounds.
    #expect(try SeedText.parse("cb33099") == 0x64cb_d680_2d21_4d90)
    #expect(try SeedText.parse("deadbee") != SeedText.parse("deadbeef"))
  }

  @Test func `a hash of full length is taken, and each digit counts`() throws {
    let hash = String(repeating: "a", count: 39)
    #expect(try SeedText.parse(hash + "b") != SeedText.parse(hash + "c"))
  }

  @Test(arguments: [
    "", " ", "-1", "+1", "1.5", "18446744073709551616", "0x", "0x10000000000000000", "0xg", "abcdef", "deadbeeg", "x",
    "0x-1", "１２", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  ])
  func `anything else is refused with what is allowed`(text: String) {
    let error = #expect(throws: ConfigurationTextError.self) { try SeedText.parse(text) }
    #expect(error?.message.contains("0x and 1 to 16 hexadecimal digits") == true)
  }

  @Test(arguments: [(0, "0x0000000000000000"), (42, "0x000000000000002a"), (UInt64.max, "0xffffffffffffffff")])
  func `a seed prints in one form, which reads back`(seed: UInt64, text: String) throws {
    #expect(SeedText.format(seed) == text)
    #expect(try SeedText.parse(text) == seed)
  }
}
