// The header that stands beside each page table: whose it is, what it maps, where in its life it is.
import CAtomics

/// Header of one page table: the fields of `struct kvm_mmu_page` that the protocol uses, beside its 512 entries.
///
/// A header belongs to the thread that allocated it until the table is linked, and to the thread that unlinked it
/// afterwards; in between it is read-only but for the NX list, which `tdp_mmu_pages_lock` guards.
@usableFromInline package struct PageHeader: BitwiseCopyable {
  @usableFromInline package enum Kind: UInt8, Sendable, BitwiseCopyable { case none, direct, mirror, external }

  /// Life of a table. Every step is taken once and in this order; anything else is RCU-1.
  @usableFromInline package enum State: UInt8, Sendable, BitwiseCopyable {
    case free, allocated, linked, unlinked, deferred
  }

  /// First field, so that `nxHugePageDisallowed` reaches it by address. Written under `tdp_mmu_pages_lock`, and read
  /// without it first, as the kernel does.
  @usableFromInline var nxWord: UInt32 = 0
  /// First gfn that the table maps.
  @usableFromInline package var gfn: Gfn = 0
  /// The SPTE that points here (`ptep`), nil for a root.
  package var parent: SptePointer?
  /// RCU epoch from which on no reader can still hold the table; 0 until it was deferred.
  package var rcuStamp: UInt64 = 0
  /// Page index of `external_spt`, the S-EPT table that mirrors this one; 0 for none.
  package var externalPage: UInt32 = 0
  /// Next table whose free is deferred, the `rcu_head`. A link of its own: a table can be retired while an NX recovery
  /// is still taking it off its list.
  var nextDeferred: UInt32 = 0
  /// Neighbours on the list of possible NX huge pages. Guarded by `tdp_mmu_pages_lock`.
  package var next: UInt32 = 0
  package var previous: UInt32 = 0
  @usableFromInline package var level: UInt8 = 0
  @usableFromInline package var kind: Kind = .none
  package var state: State = .free
  /// `role.invalid`: set under mmu_lock held for write, read under mmu_lock.
  package var isInvalid = false
  /// On the list of possible NX huge pages. Guarded by `tdp_mmu_pages_lock`.
  package var isTracked = false
  /// Of a free page, who freed it last in this execution: the task, where in a kernel's code as an offset in its
  /// object, and in which step. 0 where that is not known.
  package var freedBy: UInt16 = 0
  package var freedAt: UInt32 = 0
  package var freedIn: UInt32 = 0
}

extension UnsafeMutablePointer where Pointee == PageHeader {
  /// `sp->nx_huge_page_disallowed`
  @inlinable package var nxHugePageDisallowed: Bool {
    get { raw_load32(nxWord) != 0 }
    nonmutating set { raw_store32(nxWord, newValue ? 1 : 0) }
  }

  @inlinable var nxWord: UnsafeMutablePointer<UInt32> {
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: UInt32.self)
  }
}
