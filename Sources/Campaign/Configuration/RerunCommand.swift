/// The command that runs rounds of a configuration again.
import Episodes
import KernelMMU
import Machine

enum RerunCommand {
  /// Everything that decides a round, in the tool's own options. `--first-round` stands last and without its number,
  /// for the caller to add.
  static func prefix(_ configuration: SoakConfiguration) -> String {
    (options(configuration) + ["--rounds", "1", "--first-round"]).joined(separator: " ")
  }

  /// The run's own command, which draws the same rounds and may meet others of their races.
  static func campaign(_ configuration: SoakConfiguration) -> String {
    let length =
      switch configuration.length {
      case .seconds(let seconds): ["--seconds", "\(seconds)"]
      case .rounds(let count): ["--rounds", "\(count)"]
      }
    return (options(configuration) + length).joined(separator: " ")
  }

  private static func options(_ configuration: SoakConfiguration) -> [String] {
    var words = ["stress", "--threads", "\(configuration.threads)", "--seed", SeedText.format(configuration.seed)]
    words += options(configuration.kernel)
    if configuration.protocolName != .mainline { words += ["--protocol", configuration.protocolName.rawValue] }
    if let mutant = configuration.mutant { words += ["--mutant", mutant.rawValue] }
    if configuration.policy != SoakConfiguration.defaultPolicy(for: configuration.mutant) {
      words += ["--policy", configuration.policy.rawValue]
    }
    if configuration.mix != .default(for: configuration.mutant) {
      words += ["--mix", MixText.format(configuration.mix)]
    }
    let standard = SoakConfiguration(seed: 0)
    if configuration.busyPercent != standard.busyPercent { words += ["--busy", "\(configuration.busyPercent)"] }
    if configuration.perturbation != standard.perturbation {
      words += ["--perturb", configuration.perturbation.rawValue]
    }
    if configuration.memoryGiB != standard.memoryGiB { words += ["--memory-gib", "\(configuration.memoryGiB)"] }
    return words
  }

  static func round(_ round: UInt64, of configuration: SoakConfiguration) -> String {
    "\(prefix(configuration)) \(round)"
  }
}

extension RerunCommand {
  /// The campaign's own command, less what has no influence on what it finds.
  static func campaign(_ configuration: ExploreConfiguration) -> String {
    var words = options(configuration)
    if case .schedules(let count) = configuration.length { words += ["--schedules", "\(count)"] }
    if let shard = configuration.shard { words += ["--shard", shard.text] }
    return words.joined(separator: " ")
  }

  /// Runs again what one worker has under way; the number of the first schedule is left out at the end.
  static func prefix(_ configuration: ExploreConfiguration) -> String {
    first(configuration, of: configuration.episodeSchedules * configuration.chunksPerPiece)
  }

  /// Runs one episode's schedules again.
  static func schedule(_ schedule: UInt64, of configuration: ExploreConfiguration) -> String {
    "\(first(configuration, of: configuration.episodeSchedules)) \(schedule)"
  }

  private static func first(_ configuration: ExploreConfiguration, of count: UInt64) -> String {
    (options(configuration) + ["--schedules", "\(count)", "--first-schedule"]).joined(separator: " ")
  }

  static func replay(_ token: Token, _ kernel: KernelSubject?) -> String {
    "stress replay \(token.text)" + (kernel.map { " --kernel-tree \(ShellWord.quoted($0.path))" } ?? "")
  }

  /// How a kernel is asked for. A token says by itself what it needs beside the tree.
  static func options(_ kernel: KernelSubject?) -> [String] {
    guard let kernel else { return [] }
    let plain = kernel.checksRaces ? ["--check-data-races"] : kernel.plainAccesses ? ["--plain-accesses"] : []
    return ["--kernel-tree", ShellWord.quoted(kernel.path)] + plain
  }

  private static func options(_ configuration: ExploreConfiguration) -> [String] {
    var words = [
      "stress", "explore", "--threads", "\(configuration.threads)", "--operations", "\(configuration.operations)",
      "--seed", SeedText.format(configuration.seed),
    ]
    if configuration.scenario != nil || configuration.varies {
      words += ["--scenario", configuration.scenarioName]
    } else if ExploreConfiguration.scenario(for: configuration.mutant) != nil {
      words += ["--scenario", "all"]
    }
    words += options(configuration.kernel)
    if configuration.strategy != .portfolio { words += ["--strategy", configuration.strategy.rawValue] }
    if configuration.protocolName != .mainline { words += ["--protocol", configuration.protocolName.rawValue] }
    if let mutant = configuration.mutant { words += ["--mutant", mutant.rawValue] }
    if configuration.policy != SoakConfiguration.defaultPolicy(for: configuration.mutant) {
      words += ["--policy", configuration.policy.rawValue]
    }
    return words
  }
}
