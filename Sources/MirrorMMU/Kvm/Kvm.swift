/// One VM as the TDP MMU sees it: `struct kvm` cut down to what the update protocol reads and writes.
import CAtomics
import Machine
import SecureEPT

package typealias KvmPointer = UnsafeMutablePointer<Kvm>

package struct Kvm: BitwiseCopyable {
  package let machine: MachinePointer
  package let td: TrustDomainPointer
  package let policy: Policy
  package let mutants: MutantSet
  /// The broken step of a mutant that has one.
  let mirrorStep: UnsafeMutablePointer<MirrorStep>?
  let alternatives: Alternatives
  /// 4K pages of guest memory, and how many there may be at most.
  package private(set) var guestPages: UInt64
  private let largestGuestPages: UInt64

  /// Shared memory is backed by other host pages than private memory.
  static let sharedPfnBase: UInt64 = 1 << 29

  /// CONFIG_KVM_PROVE_MMU: zapping a root skips the passes at 4K and 2M, so that whole subtrees are taken down.
  package var provesMmu = false
  /// Aging clears A by an atomic AND, as up to Linux 7.1, where it breaks FRZ-2, and not by a cmpxchg.
  package var agesByFetchAnd = false
  /// A private huge page was planted, whatever the policy.
  var isPlanted = false
  /// The mirror root's page; one for the life of the VM.
  package internal(set) var mirrorRoot: UInt32 = 0
  package let roots: Roots
  package let attributes: Attributes
  package let invalidation: Invalidation
  package let nxHugePages: NxHugePages

  package static func create(
    _ machine: MachinePointer, td: TrustDomainPointer, guestPages: UInt64, protocolName: ProtocolName, mutant: Mutant?
  ) -> KvmPointer {
    let kvm = KvmPointer.allocate(capacity: 1)
    kvm.initialize(
      to: Kvm(
        machine: machine, td: td, guestPages: guestPages, alternatives: protocolName.alternatives, mutant: mutant))
    td.pointee.defects = mutant?.glueDefects ?? []
    return kvm
  }

  private init(
    machine: MachinePointer, td: TrustDomainPointer, guestPages: UInt64, alternatives: Alternatives, mutant: Mutant?
  ) {
    self.machine = machine
    self.td = td
    self.guestPages = guestPages
    largestGuestPages = guestPages
    policy = td.pointee.policy
    mutants = mutant?.mmuDefects ?? []
    mirrorStep = mutant?.step.map { step in
      let pointer = UnsafeMutablePointer<MirrorStep>.allocate(capacity: 1)
      pointer.initialize(to: step)
      return pointer
    }
    self.alternatives = alternatives
    roots = Roots()
    attributes = Attributes(guestPages: guestPages)
    invalidation = Invalidation()
    nxHugePages = NxHugePages()
  }

  package static func destroy(_ kvm: KvmPointer) {
    kvm.pointee.mirrorStep?.deinitialize(count: 1)
    kvm.pointee.mirrorStep?.deallocate()
    kvm.pointee.roots.deallocate()
    kvm.pointee.attributes.deallocate()
    kvm.pointee.invalidation.deallocate()
    kvm.pointee.nxHugePages.deallocate()
    kvm.deallocate()
  }

  static func register(_ kvm: KvmPointer, in snapshot: Snapshot) {
    snapshot.add(kvm)
    kvm.pointee.roots.register(in: snapshot)
    kvm.pointee.attributes.register(in: snapshot)
    kvm.pointee.invalidation.register(in: snapshot)
    kvm.pointee.nxHugePages.register(in: snapshot)
  }

  /// The next VM has so many 4K pages of memory, at most what was asked for at creation. Between two VMs.
  mutating func resize(guestPages: UInt64) { self.guestPages = min(guestPages, largestGuestPages) }

  /// KVM_CREATE_VM: builds the TD and the mirror root. No other task may run.
  package mutating func build(_ task: TaskPointer) {
    td.pointee.build(task)
    mirrorRoot = task.allocateTable(kind: .mirror, level: Spte.maxLevel, gfn: 0, fill: Spte.nonpresent)
    let header = machine.pointee.arenaView.headers + Int(mirrorRoot)
    header.pointee.state = .linked
    header.pointee.externalPage = td.pointee.rootPage
    isPlanted = false
    roots.reset()
    nxHugePages.reset()
    invalidation.reset()
  }

  /// There may be private huge pages.
  @inline(__always) var holdsPrivateHuge: Bool { policy.mapsHuge || isPlanted }

  @inline(__always) func pfn(_ gfn: Gfn, isPrivate: Bool) -> UInt64 {
    isPrivate ? gfn : gfn &+ Self.sharedPfnBase
  }
}
