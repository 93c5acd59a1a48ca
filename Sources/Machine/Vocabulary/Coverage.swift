/// The races that a soak must have met before its silence means anything.
///
/// Each is counted where it happens. One that stays 0 is printed with a warning: the run did not exercise it.
@usableFromInline package enum Coverage: UInt8, CaseIterable, Sendable {
  case metFrozen, lostCmpxchg, busyRestored, zapAgainstFault, splitAgainstFault, staleFault, yielded
  case freedUnderReader, contendedLock, guestKicked, entryLockBusy, lockless

  package var name: String {
    switch self {
    case .metFrozen: "metFrozen"
    case .lostCmpxchg: "lostCmpxchg"
    case .busyRestored: "busyRestored"
    case .zapAgainstFault: "zapAgainstFault"
    case .splitAgainstFault: "splitAgainstFault"
    case .staleFault: "staleFault"
    case .yielded: "yielded"
    case .freedUnderReader: "freedUnderReader"
    case .contendedLock: "contendedLock"
    case .guestKicked: "guestKicked"
    case .entryLockBusy: "entryLockBusy"
    case .lockless: "lockless"
    }
  }

  package var sentence: String {
    switch self {
    case .metFrozen: "a walk met an SPTE that another thread had frozen"
    case .lostCmpxchg: "a cmpxchg on an SPTE lost to another thread"
    case .busyRestored: "the S-EPT answered BUSY and the old SPTE was restored"
    case .zapAgainstFault: "a fault ran while its gfn was being zapped"
    case .splitAgainstFault: "a fault ran while its huge page was being split"
    case .staleFault: "a fault found its snapshot stale under mmu_lock and retried"
    case .yielded: "a walk dropped mmu_lock and restarted"
    case .freedUnderReader: "a table was unlinked while a reader was inside, its free had to wait"
    case .contendedLock: "a thread waited for mmu_lock"
    case .guestKicked: "a vCPU was forced out of the guest"
    case .entryLockBusy: "a SEAMCALL met an S-EPT lock held by someone else"
    case .lockless: "a lockless change (aging, fast fault) lost its SPTE to a locked one"
    }
  }

  /// The S-EPT or the TD's guest has a part in it: what has direct roots alone never meets it.
  package var needsPrivateMemory: Bool {
    switch self {
    case .busyRestored, .guestKicked, .entryLockBusy: true
    default: false
    }
  }

  /// Those that a subject can meet.
  package static func rows(hasPrivateMemory: Bool) -> [Coverage] {
    allCases.filter { hasPrivateMemory || !$0.needsPrivateMemory }
  }

  /// A single thread cannot race with itself; these can still be counted with one.
  package var needsTwoThreads: Bool {
    switch self {
    case .busyRestored, .yielded: false
    default: true
    }
  }
}
