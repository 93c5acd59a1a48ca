import ArgumentParser
import Campaign
import MirrorMMU
import SecureEPT

/// What is run, and from which seed: the same options for every engine.
struct SubjectOptions: ParsableArguments {
  @OptionGroup var seed: SeedOptions

  @Option(
    name: .customLong("protocol"), parsing: .unconditional,
    help: .init(
      """
      The update protocol to run, NAME or NAME+ALTERNATIVE; see 'stress list protocols' and 'stress list \
      alternatives'. (default: mainline)
      """, valueName: "name"),
    completion: ProtocolArgument.completion,
    transform: { try ProtocolArgument.parse($0) })
  var protocolName: ProtocolName?

  @Option(
    parsing: .unconditional,
    help: .init(
      "Break the protocol in one way, to see the checkers find it; see 'stress list mutants'.", valueName: "name"),
    completion: NameArgument.completion(Mutant.self),
    transform: { try NameArgument.parse($0) })
  var mutant: Mutant?

  @Option(
    parsing: .unconditional,
    help: .init(
      "What the secure EPT supports: 4k (4K leaves only), huge (2M leaves too), huge-shared (and splits and removals "
        + "with mmu_lock held for read). (default: 4k, or what --mutant needs)", valueName: "policy"),
    completion: NameArgument.completion(Policy.self),
    transform: { try NameArgument.parse($0) })
  var policy: Policy?

  func validate() throws {
    guard let mutant, let protocolName, !mutant.applies(to: protocolName) else { return }
    throw ValidationError(
      "--mutant \(mutant.rawValue) breaks a step of protocol mainline, which \(protocolName.rawValue) does not have")
  }
}
