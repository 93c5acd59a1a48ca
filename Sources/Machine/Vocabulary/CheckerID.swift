/// The stable names of the rules that a run is checked against.
///
/// An ID is part of the tool's interface: it stands in reports, run records, replay tokens and mutant definitions, so
/// it is never renumbered. What each rule means for the protocol is told by `rule`, one sentence, the same one that a
/// violation prints.
@usableFromInline package enum CheckerID: UInt8, CaseIterable, Sendable {
  case frz1, frz2, frz3
  case ord1, ord2, ord3, ord4
  case dup1
  case eq1
  case lck1, lck2
  case rcu1
  case cnt1
  case bug1
  case tlb1
  case liv1
  case map1
  case acc1
  case race1
  case dirt1
  case wp1
  case oops1, hang1
  case mem1, lst1, tlb2

  /// The ID as it is printed and recorded, for example `FRZ-2`.
  package var name: String {
    switch self {
    case .frz1: "FRZ-1"
    case .frz2: "FRZ-2"
    case .frz3: "FRZ-3"
    case .ord1: "ORD-1"
    case .ord2: "ORD-2"
    case .ord3: "ORD-3"
    case .ord4: "ORD-4"
    case .dup1: "DUP-1"
    case .eq1: "EQ-1"
    case .lck1: "LCK-1"
    case .lck2: "LCK-2"
    case .rcu1: "RCU-1"
    case .cnt1: "CNT-1"
    case .bug1: "BUG-1"
    case .tlb1: "TLB-1"
    case .liv1: "LIV-1"
    case .map1: "MAP-1"
    case .acc1: "ACC-1"
    case .race1: "RACE-1"
    case .dirt1: "DIRT-1"
    case .wp1: "WP-1"
    case .oops1: "OOPS-1"
    case .hang1: "HANG-1"
    case .mem1: "MEM-1"
    case .lst1: "LST-1"
    case .tlb2: "TLB-2"
    }
  }

  package var rule: String {
    switch self {
    case .frz1: "at quiescence no SPTE is frozen"
    case .frz2: "only the thread that froze an SPTE changes it while it is frozen"
    case .frz3: "a thread leaves its mmu_lock section with none of its SPTEs frozen"
    case .ord1: "under the shared lock an external write happens while the caller holds that SPTE frozen"
    case .ord2: "a mirror SPTE becomes present only after its external write succeeded"
    case .ord3: "after a failed external write the mirror SPTE holds its old value"
    case .ord4: "a child enters the S-EPT under a present parent; a parent leaves it without children"
    case .dup1: "one mirror change makes exactly one external write, and none happens without a change"
    case .eq1: "at quiescence mirror and S-EPT describe the same tree"
    case .lck1: "the lock assertions of the kernel code hold"
    case .lck2: "no deadlock, and no lock is left held"
    case .rcu1: "no freed table is used, each is freed once after a grace period, none leaks"
    case .cnt1: "page and table statistics equal what the tables hold"
    case .bug1: "no KVM_BUG_ON, WARN_ON or BUG fires"
    case .tlb1: "a removed page is in no vCPU's TLB"
    case .liv1: "every operation completes within a bounded number of retries"
    case .map1:
      "a fault maps what no zap covered since its lookup, as asked; it stays until a zap covers it, then it is gone"
    case .acc1: "what the guest has accepted stays accepted until a zap covers it"
    case .race1: "no plain access of a kernel races with another thread's access to the same bytes, one of them a write"
    case .dirt1: "a plain store overwrites no W or D bit that was set since its thread has read the SPTE"
    case .wp1:
      "what was write-protected, cleared of D or aged stays so until a write sets it again; no dirty page goes unlogged"
    case .oops1: "no instruction of a kernel's code faults, and none ends the process that runs it"
    case .hang1: "a kernel's code does not run for seconds without a schedule point"
    case .mem1:
      "each access of a kernel's code is to memory that is allocated, inside of its object, and the kernel's own"
    case .lst1: "lists, page tables and reference counts of a kernel agree, and what is freed is on no list"
    case .tlb2:
      "a flush of TLBs or caches that is owed is done before RCU, mmu_lock or the caller lets anybody rely on it"
    }
  }

  /// About code that was compiled from a kernel tree: with the model it has nothing to look at.
  package var needsKernel: Bool {
    switch self {
    case .race1, .oops1, .hang1, .mem1, .lst1, .tlb2: true
    default: false
    }
  }

  /// The rule is about what only a kernel with plain accesses does.
  package var needsPlainAccesses: Bool { self == .race1 }

  package init?(name: String) {
    guard let match = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = match
  }
}
