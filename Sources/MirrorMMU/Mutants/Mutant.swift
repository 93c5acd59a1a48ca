import Machine
import SecureEPT

/// The mainline protocol with one thing broken: the proof that a checker can fail.
///
/// The name is the key of `--mutant`. Each must be caught by one of `caughtBy`; the first is the checker that states
/// the broken rule most directly.
public enum Mutant: String, CaseIterable, Sendable {
  case noFreeze = "no-freeze"
  case thawFirst = "thaw-first"
  case stayFrozen = "stay-frozen"
  case noRestore = "no-restore"
  case restoreNew = "restore-new"
  case doublePropagate = "double-propagate"
  case plainFreeze = "plain-freeze"
  case ignoreFrozen = "ignore-frozen"
  case parentFirst = "parent-first"
  case noTrack = "no-track"
  case earlyFree = "early-free"
  case statsEarly = "stats-early"
  case lostZap = "lost-zap"
  case busySpin = "busy-spin"
  case recoverInvalidated = "recover-invalidated"
  case ageMirror = "age-mirror"
  case staleFault = "stale-fault"
  case zapWhole = "zap-whole"

  public var summary: String {
    switch self {
    case .noFreeze: "the external write is made without freezing the SPTE"
    case .thawFirst: "the new value is written before the external write"
    case .stayFrozen: "the success path forgets the final store"
    case .noRestore: "the failure path forgets to restore the old value"
    case .restoreNew: "the failure path stores the new value"
    case .doublePropagate: "the atomic path and the change handler both call out"
    case .plainFreeze: "the freeze is a load and a store, not a cmpxchg"
    case .ignoreFrozen: "the fault path does not check for FROZEN"
    case .parentFirst: "the external table is freed before its children"
    case .noTrack: "PAGE.REMOVE without TRACK"
    case .earlyFree: "a table is freed without a grace period"
    case .statsEarly: "statistics are updated before the propagation, which can fail"
    case .lostZap: "a zap skips an entry it lost the race for instead of retrying"
    case .busySpin: "BUSY is retried for ever while the entry stays frozen"
    case .recoverInvalidated: "huge pages are recovered in a region whose unmap has yielded"
    case .ageMirror: "aging clears A in mirror SPTEs too"
    case .staleFault: "a fault does not look at mmu_invalidate_seq: what it looked up before mmu_lock may be gone"
    case .zapWhole: "a private 2M page across an end of a zapped range is zapped whole, not split first"
    }
  }

  /// The policy under which it can be caught.
  public var policy: Policy { self == .zapWhole ? .huge : .fourK }

  public var caughtBy: [CheckerID] {
    switch self {
    case .noFreeze: [.ord1]
    case .thawFirst: [.ord2]
    case .stayFrozen: [.frz3, .frz1]
    case .noRestore: [.frz3, .frz1]
    case .restoreNew: [.ord3]
    case .doublePropagate: [.dup1]
    case .plainFreeze: [.frz2]
    // The kernel's own WARN stands one step before the write that FRZ-2 would see.
    case .ignoreFrozen: [.bug1, .frz2]
    case .parentFirst: [.ord4]
    case .noTrack: [.tlb1]
    case .earlyFree: [.rcu1]
    case .statsEarly: [.cnt1]
    case .lostZap: [.map1]
    case .busySpin: [.liv1]
    case .recoverInvalidated: [.map1]
    case .ageMirror: [.dup1]
    case .staleFault: [.map1]
    case .zapWhole: [.acc1]
    }
  }
}
