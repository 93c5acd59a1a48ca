import Machine

/// The scenarios that `--scenario` takes: families of small episodes, each about one race that matters.
public enum ScenarioName: String, CaseIterable, Sendable {
  case faultFault = "fault-fault"
  case faultNeighbours = "fault-neighbours"
  case faultZap = "fault-zap"
  case faultUnmap = "fault-unmap"
  case faultSplit = "fault-split"
  case faultConvert = "fault-convert"
  case faultNxRecover = "fault-nx-recover"
  case faultRecover = "fault-recover"
  case faultInvalidate = "fault-invalidate"
  case busy
  case guestZap = "guest-zap"
  case lockless
  case recoverUnmap = "recover-unmap"
  case teardown
  case random
  case micro
  case mirrorSplit = "mirror-split"
  case mirrorPrune = "mirror-prune"
  case planted
  case hardwareAd = "hardware-ad"
  case memslot
  case dirtyLogging = "dirty-logging"
  case tables
  case dying
  case suspectWrprot = "suspect-wrprot"
  case suspectEio = "suspect-eio"
  case suspectRetry = "suspect-retry"

  /// One line for `stress list scenarios`.
  public var summary: String {
    switch self {
    case .faultFault: "private faults on the same gfn, its tables missing, half there or complete"
    case .faultNeighbours: "faults on neighbouring gfns that share missing tables, private and shared"
    case .faultZap: "private faults against zaps of a range around them"
    case .faultUnmap: "shared faults against MMU-notifier unmaps that yield"
    case .faultSplit: "faults against splits of the huge page that they meet, shared and exclusive"
    case .faultConvert: "private <-> shared conversions against faults of both kinds"
    case .faultNxRecover: "NX recovery against executing faults that make the tables it zaps"
    case .faultRecover: "huge-page recovery against faults in the tables that it replaces"
    case .faultInvalidate: "the zap of an invalidated root against faults, unmaps and aging"
    case .busy: "private faults and zaps with BUSY at any SEAMCALL"
    case .guestZap: "guests that enter, touch and accept pages, against zaps and conversions"
    case .lockless: "aging and fast page faults, which hold no lock, against changes under it"
    case .recoverUnmap: "recovery and split of a region while its unmap has yielded"
    case .teardown: "faults of both kinds, then the end of the VM"
    case .random: "any operations on any gfns, sizes and flags drawn"
    case .micro: "the common model M(T, iterations): freeze, external write, thaw, on one SPTE"
    case .mirrorSplit: "shared splits of private huge pages against faults, guests and zaps of the same page"
    case .mirrorPrune: "shared removal of private page tables against faults and guests in them"
    case .planted: "a private huge page that no fault mapped: its split, and faults beside it"
    case .hardwareAd: "a processor that sets A and D bits, against all that changes or zaps the same leaves"
    case .memslot: "zaps of invalidated roots and conversions meet under slots_lock, with faults and unmaps"
    case .dirtyLogging: "dirty logging begins, is collected and ends under faults, fast faults, A/D bits and unmaps"
    case .tables: "whatever makes, replaces and removes page tables of shared memory, each against each"
    case .dying: "faults of a TD that has died, and of its shared memory: each comes to its end"
    case .suspectWrprot: "write-protection and clearing of dirty bits of private memory, which callers rule out"
    case .suspectEio: "the same once the TD is dead, so that each SEAMCALL fails and none is BUSY"
    case .suspectRetry: "private faults and zaps of the direct root, where no interrupt ends a fault's retries"
    }
  }

  /// Whether the model can be asked for what the scenario is about.
  package var isForModel: Bool {
    switch self {
    case .dirtyLogging, .tables, .dying, .suspectWrprot, .suspectEio, .suspectRetry: false
    default: true
    }
  }

  /// What `--scenario all` runs in one block of executions; `micro` is no episode of the MMU. Faults on their own break
  /// most mutants; what only one scenario can break must come often enough for that one.
  private static let block: [ScenarioName] = [
    .faultFault, .busy, .lockless, .faultZap, .teardown, .guestZap, .faultConvert, .faultNeighbours,
    .recoverUnmap, .faultRecover, .faultNxRecover, .faultUnmap, .faultSplit, .random, .faultInvalidate,
    .busy, .lockless, .faultFault, .guestZap, .faultZap, .faultConvert, .faultNeighbours, .random,
  ]

  /// The same for a subject that has direct roots alone.
  private static let directBlock: [ScenarioName] = [
    .faultFault, .lockless, .teardown, .faultNeighbours, .recoverUnmap, .faultRecover, .faultNxRecover, .faultUnmap,
    .faultSplit, .random, .faultInvalidate, .lockless, .faultUnmap, .faultSplit, .faultFault, .faultNeighbours, .random,
  ]

  /// What a kernel's callers reach beyond that: processors that set A and D bits, memslots, dirty logging, page tables
  /// that come and go.
  private static let beyondModel: [ScenarioName] = [
    .tables, .dirtyLogging, .tables, .hardwareAd, .tables, .dirtyLogging, .dying, .memslot,
  ]
  private static let beyondModelOnDirectRoots: [ScenarioName] = [
    .tables, .dirtyLogging, .tables, .hardwareAd, .tables, .memslot,
  ]
  /// With its roots' end twice, in the place of one of the faults on their own: all vCPUs leave a root before it goes.
  private static let kernelBlock =
    block.enumerated().map { $0.offset == block.lastIndex(of: .faultFault) ? .faultInvalidate : $0.element }
    + beyondModel
  private static let directKernelBlock = directBlock + beyondModelOnDirectRoots

  private static func block(isKernel: Bool, hasMirrorRoots: Bool) -> [ScenarioName] {
    switch (isKernel, hasMirrorRoots) {
    case (true, true): kernelBlock
    case (true, false): directKernelBlock
    case (false, true): block
    case (false, false): directBlock
    }
  }

  /// What `--scenario all` consists of.
  package static var dealt: [ScenarioName] { allCases.filter { block.contains($0) } }

  /// The same for a kernel.
  package static func dealt(toKernelWithMirrorRoots hasMirrorRoots: Bool) -> [ScenarioName] {
    let block = block(isKernel: true, hasMirrorRoots: hasMirrorRoots)
    return allCases.filter { block.contains($0) }
  }

  /// The scenario of execution number `index` of `--scenario all`.
  ///
  /// Each block of executions deals every scenario by its share, in an order of its own: whoever takes every n-th
  /// execution, be it a shard or one strategy of a portfolio, gets all of them.
  /// - Parameters:
  ///   - hasMirrorRoots: false for a subject that has direct roots alone.
  ///   - isKernel: the subject is a kernel, not the model.
  package static func deal(_ index: UInt64, hasMirrorRoots: Bool = true, isKernel: Bool = false) -> ScenarioName {
    let block = block(isKernel: isKernel, hasMirrorRoots: hasMirrorRoots)
    // A prime, so that every step but 0 visits the whole block.
    let count = UInt64(block.count)
    var mixer = SplitMix64(state: index / count)
    let (step, start) = (1 + mixer.below(count - 1), mixer.below(count))
    let name = block[Int((index % count * step + start) % count)]
    // What a dead TD has to show is soon seen.
    return name == .dying && index / count % 4 != 0 ? .tables : name
  }
}
