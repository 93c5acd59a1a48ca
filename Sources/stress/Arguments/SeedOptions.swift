import ArgumentParser
import Campaign

/// Where all that is drawn comes from.
struct SeedOptions: ParsableArguments {
  @Option(
    name: .customLong("seed"), parsing: .unconditional,
    help: .init(
      "Seed of all that is drawn: decimal, 0x and up to 16 hex digits, or a git hash. (default: random, printed)",
      valueName: "seed"),
    transform: { try SeedText.parse($0) })
  var given: UInt64?

  /// The one that was given, or one that nobody has used.
  var value: UInt64 { given ?? UInt64.random(in: .min ... .max) }
}
