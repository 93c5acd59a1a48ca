import ArgumentParser
import Campaign
import Foundation

/// `stress diff`: runs episodes on the model and on a kernel, then writes the record, then prints what differs.
struct DiffCommand: CampaignCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compare the model with your own kernel tree, operation by operation.",
    discussion: """
      An episode of the scenarios runs on the Swift model (policy 4k) and on the tree's tdp_mmu.c, one operation \
      after the other, with the same BUSY answers of SEAMCALLs and the same yields. The model has the update \
      protocol that the tree's code follows, or --protocol. Compared are every change of an SPTE, every SEAMCALL \
      with its answer, the operation's result, the kicks of vCPUs, and all three trees after each operation; at the \
      end the page statistics. What the model leaves out on purpose is not compared, see docs/kernel.md.

      The first episode that differs ends the comparison. Operations are taken away as long as it differs in the same \
      way, and both traces of the operation in question are printed side by side.

      EXAMPLES:
        stress diff --kernel-tree ~/linux
        stress diff --kernel-tree ~/linux --scenario fault-recover --episodes 100000
        stress diff --kernel-tree ~/linux --keep-going     what differs, by class
        git bisect run stress diff --kernel-tree . --bisect --seed 1 --quiet

      EXIT CODES:
        0    no difference
        1    a difference
        \(ExitCodesText.ofCampaign)
      """)

  @OptionGroup var options: DiffOptions
  @OptionGroup var output: DiffOutputOptions

  var kernelOptions: KernelOptions? { options.kernel }

  func campaign() throws -> PreparedCampaign<Differential> {
    let configuration = try options.configuration()
    return PreparedCampaign(
      engine: Differential(configuration: configuration), announcement: "seed \(SeedText.format(configuration.seed))")
  }
}

/// Where record and report go.
struct DiffOutputOptions: OutputGroup {
  @OptionGroup var record: RecordOptions
  @OptionGroup var width: WidthOptions

  func files() throws -> OutputFiles { try OutputFiles(json: record.json, width: width) }
}
