import ArgumentParser
import Campaign
import Foundation

/// `stress explore`: runs schedules, then writes the record, then prints the report made from it.
struct ExploreCommand: CampaignCommand {
  static let configuration = CommandConfiguration(
    commandName: "explore",
    abstract: "Run schedules that a seed decides, and shrink the first that breaks a rule to a token.",
    discussion: """
      A schedule says at every shared access, lock and SEAMCALL which thread goes on; a strategy draws it from the \
      seed. The threads are fibers, so nothing else has a say: what broke a rule once breaks it again. The first \
      failure ends the campaign. It is made as small as possible, replayed, and reported as an interleaving and a \
      token, with which 'stress replay' shows the same on any machine.

      A failure is also kept as a file in \(FailureArchive.defaultDirectory); 'stress regress' replays them all.

      --jobs changes how long a campaign takes and nothing else. Shards 1/n to n/n run the campaign's schedules \
      between them, each of them once.

      EXAMPLES:
        stress explore                        200,000 schedules of what --scenario all deals
        stress explore --mutant thaw-first    exits 1: ORD-2 is broken
        stress explore --scenario fault-zap --operations 2 --strategy pct-3
        stress explore --policy huge --seconds 3600 --quiet --json record.json
        stress explore --kernel-tree ~/linux  your own tdp_mmu.c
        stress explore --kernel-tree ~/linux --check-data-races
        git bisect run stress explore --kernel-tree . --bisect --seed 1 --quiet
        stress explore --seed 7 --schedules 8000000 --shard 2/8

      EXIT CODES:
        0    no violation
        1    a violation
        \(ExitCodesText.ofCampaign)
      """)

  @OptionGroup var options: ExploreOptions
  @OptionGroup var output: OutputOptions

  var kernelOptions: KernelOptions? { options.kernel }

  func validate() throws { try options.counting.validate(options.kernel, output.reports) }

  func campaign() throws -> PreparedCampaign<Explore> {
    let seed = options.subject.seed.value
    return PreparedCampaign(
      engine: Explore(configuration: try options.configuration(seed: seed)),
      announcement: "seed \(SeedText.format(seed))", afterwards: tellKept)
  }
}
