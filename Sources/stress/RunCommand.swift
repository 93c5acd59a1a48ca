import ArgumentParser
import Campaign
import Foundation
import Reports

/// `stress run`: races, then writes the record, then prints the report made from it.
struct RunCommand: CampaignCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Race threads on one page table and report every broken rule.",
    discussion: """
      The run is a chain of rounds, all drawn from one seed. In a round all threads race on one table; then they \
      meet at a barrier, where the whole tree is checked. The first violation stops the run, and the report names \
      the broken rule, the last events of the threads involved, and the command that runs that round again. Threads \
      that met once may not meet again; so a schedule is then looked for that breaks the same rule, and the report \
      ends with its token, for 'stress replay'.

      Silence is no proof: the report counts the races that the run met and warns about each that it did not meet.

      EXAMPLES:
        stress                                    64 threads for 30 seconds
        stress --seed 42 --rounds 20 --threads 1  the same record every time
        stress --policy huge --perturb heavy      2M private pages, wide races
        stress --mutant no-freeze                 exits 1: ORD-1 is broken
        stress --mix fault=60,zap=10,guest=30     three operations only
        stress --kernel-tree ~/linux              your own tdp_mmu.c
        git bisect run stress run --kernel-tree . --bisect --seed 1 --quiet
        stress --seed "$(git rev-parse HEAD)" --quiet --json record.json

      EXIT CODES:
        0    no violation
        1    a violation
        \(ExitCodesText.ofCampaign)
      """)

  @OptionGroup var options: RunOptions
  @OptionGroup var output: OutputOptions

  var kernelOptions: KernelOptions? { options.kernel }

  func validate() throws { try options.counting.validate(options.kernel, output.reports) }

  func campaign() throws -> PreparedCampaign<Soak> {
    let seed = options.subject.seed.value
    return PreparedCampaign(
      engine: Soak(configuration: try options.configuration(seed: seed)),
      announcement: "seed \(SeedText.format(seed))", afterwards: tellKept)
  }
}
