import Machine
import SecureEPT

/// Draws an episode of a scenario. The draws alone decide: equal draws, equal episode.
package enum Scenario {
  package static let threadLimit = 1024
  package static let operationLimit = Token.requestLimit

  /// Draws one episode.
  /// - Parameters:
  ///   - threads: 1 to `threadLimit`. With more threads than the scenario has roles, roles repeat.
  ///   - operations: by each thread, 1 to `operationLimit`. The scenario `random` takes both numbers as upper bounds.
  ///   - policy: ignored by `micro`.
  package static func episode(
    _ name: ScenarioName, threads: Int, operations: Int, policy: Policy, draws: inout SplitMix64
  ) -> Episode {
    var draft = EpisodeDraft(name, threads: threads, operations: operations, policy: policy, draws: draws)
    switch name {
    case .faultFault: draft.drawFaultFault()
    case .faultNeighbours: draft.drawFaultNeighbours()
    case .faultZap: draft.drawFaultZap()
    case .faultUnmap: draft.drawFaultUnmap()
    case .faultSplit: draft.drawFaultSplit()
    case .faultConvert: draft.drawFaultConvert()
    case .faultNxRecover: draft.drawFaultNxRecover()
    case .faultRecover: draft.drawFaultRecover()
    case .faultInvalidate: draft.drawFaultInvalidate()
    case .busy: draft.drawBusy()
    case .guestZap: draft.drawGuestZap()
    case .lockless: draft.drawLockless()
    case .recoverUnmap: draft.drawRecoverUnmap()
    case .teardown: draft.drawTeardown()
    case .random: draft.drawRandom()
    case .micro: draft.drawMicro()
    case .mirrorSplit: draft.drawMirrorSplit()
    case .mirrorPrune: draft.drawMirrorPrune()
    case .planted: draft.drawPlanted()
    case .hardwareAd: draft.drawHardwareAd()
    case .memslot: draft.drawMemslot()
    case .dirtyLogging: draft.drawDirtyLogging()
    case .tables: draft.drawTables()
    case .dying: draft.drawDying()
    case .suspectWrprot: draft.drawSuspectWrprot()
    case .suspectEio: draft.drawSuspectEio()
    case .suspectRetry: draft.drawSuspectRetry()
    }
    draws = draft.draws
    return draft.episode
  }
}
