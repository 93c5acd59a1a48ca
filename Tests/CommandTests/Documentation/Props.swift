/// What the words of a command stand for that a reader replaces by something of his own.
///
/// - `~/src/linux`, `PATH`, `TREE`: a kernel tree; `linux` is a copy of it that commands make. Without one
///   the command's options are checked and no more.
///   A campaign on one that is as it should be goes on to its end, so it is cut to 1,000 schedules.
/// - `TOKEN`: a token of a failure.
/// - `record.json`, `shard-*.json`, `soak-monday`, `soak-tuesday`: made before the command runs, where it reads them.
/// - The number behind `--seconds`: 1.
enum Props {
  static let kernelTrees: Set<Substring> = ["~/src/linux", "PATH", "TREE"]
  static let token: Substring = "TOKEN"

  static let failure = "stress explore --mutant lost-zap --seed 7 --quiet"

  static func needsKernelTree(_ command: String) -> Bool {
    command.split(separator: " ").contains { word in
      kernelTrees.contains(word) || word == "linux" || word.hasPrefix("linux/")
    }
  }

  static func shortened(_ command: String) -> String {
    let words = command.split(separator: " ")
    let isCampaign = words.prefix(2) == ["stress", "explore"] && words.contains { kernelTrees.contains($0) }
    return isCampaign && !words.contains("--schedules") ? "\(command) --schedules 1000" : command
  }

  /// The commands that make the files which a command reads.
  static func makers(for command: String) -> [String] {
    let words = command.split(separator: " ")
    return words.indices.flatMap { index in
      words[..<index].last?.hasPrefix("--") == true && words[index - 1] != "--compare" ? [] : makers(of: words[index])
    }
  }

  private static func makers(of word: Substring) -> [String] {
    let campaign = "stress explore --seed 7 --schedules 400 --quiet"
    return switch word {
    case "record.json": ["\(failure) --json record.json"]
    case "shard-*.json": (1...2).map { "\(campaign) --shard \($0)/2 --json shard-\($0).json" }
    case "soak-monday", "soak-tuesday": ["mkdir \(word) && \(campaign) --json \(word)/explore-4k.json"]
    default: []
    }
  }

  /// The command with every word in its place.
  static func fill(_ command: String, kernelTree: String?, token: () throws -> String) rethrows -> String {
    var words = command.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    for index in words.indices {
      if kernelTrees.contains(words[index][...]) {
        words[index] = kernelTree ?? words[index]
      } else if words[index][...] == self.token {
        words[index] = try token()
      } else if index > 0, words[index - 1] == "--seconds" {
        words[index] = "1"
      }
    }
    return words.joined(separator: " ")
  }
}
