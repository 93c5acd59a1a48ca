/// The mainline protocol with one thing broken: the proof that a checker can fail.
///
/// One file a mutant, and one line in `Mutants.swift`. A mutant breaks a step of the update sequence, by a sequence of
/// its own, or something in code that others share, by a bit that this code tests.
import Machine
import SecureEPT

/// `tdp_mmu_set_spte_atomic()` for a mirror SPTE, with one step broken.
package typealias MirrorStep = @Sendable (_ mmu: TdpMmu<Mainline>, _ iter: inout TdpIter, _ newSpte: UInt64) -> Int32

public struct Mutant: Sendable {
  package enum Breakage: Sendable {
    case step(MirrorStep)
    case mmu(MutantSet)
    case glue(GlueDefects)
  }

  /// The key of `--mutant`: lower-case letters, digits and hyphens.
  public let rawValue: String
  /// What is broken, one line for `stress list mutants`.
  public let summary: String
  /// It must be caught by one of these; the first is the checker that states the broken rule most directly.
  package let caughtBy: [CheckerID]
  /// Where it must be caught: a scenario by name, and a policy.
  package let scenario: String
  package let policy: Policy
  /// Operations that threads have to carry out besides those of the default mix.
  package let operations: [Operation]
  /// In how many schedules of that scenario, by the default portfolio, whatever the seed.
  package let budget: UInt64
  let breakage: Breakage

  package init(
    _ name: String, _ summary: String, caughtBy: [CheckerID], scenario: String, policy: Policy = .fourK,
    operations: [Operation] = [], budget: UInt64 = 20_000, breaks breakage: Breakage
  ) {
    rawValue = name
    self.summary = summary
    self.caughtBy = caughtBy
    self.scenario = scenario
    self.policy = policy
    self.operations = operations
    self.budget = budget
    self.breakage = breakage
  }

  /// A mutant that breaks a step breaks that of `mainline`; what is shared is broken under any protocol.
  package func applies(to protocolName: ProtocolName) -> Bool {
    if case .step = breakage { return protocolName.entry.name == Mainline.name }
    return true
  }
}

extension Mutant: RawRepresentable, CaseIterable, Hashable {
  public static var allCases: [Mutant] { Mutants.all }

  public init?(rawValue: String) {
    guard let mutant = Mutants.all.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = mutant
  }

  public static func == (left: Mutant, right: Mutant) -> Bool { left.rawValue == right.rawValue }
  public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

extension Mutant: CustomStringConvertible {
  public var description: String { rawValue }
}
