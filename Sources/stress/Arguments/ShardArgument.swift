import Campaign

/// Reading `i/n`, the i-th of n parts of a campaign.
enum ShardArgument {
  static let mostParts: UInt64 = 1_000_000

  static func parse(_ text: String) throws -> ExploreConfiguration.Shard {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { number($0) }
    guard parts.count == 2, let index = parts[0], let count = parts[1], index <= count else {
      throw ConfigurationTextError(
        "allowed is i/n with 1 <= i <= n <= \(mostParts), for example 2/8 for the second of eight parts")
    }
    return ExploreConfiguration.Shard(index: index, count: count)
  }

  private static func number(_ text: Substring) -> UInt64? {
    try? NumberArgument.whole(1...mostParts)(String(text))
  }
}
