/// What a subject can be asked to do: one case for each entry into the MMU that the kernel has.
///
/// The name is the key in `--mix`, in `stress list operations` and in the run record. Tearing the VM down is not in the
/// list: it ends every round.
public enum Operation: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  case fault, fault2M, fastFault
  case zap, unmap
  case split, splitExclusive
  case recover, nxRecover
  case wrprot, clearDirty
  case age
  case convert, invalidate
  case guest
  case splitMirror, pruneMirror, plant
  case touch, logDirty, collectDirty

  public var name: String {
    switch self {
    case .fault: "fault"
    case .fault2M: "fault-2m"
    case .fastFault: "fast-fault"
    case .zap: "zap"
    case .unmap: "unmap"
    case .split: "split"
    case .splitExclusive: "split-exclusive"
    case .recover: "recover"
    case .nxRecover: "nx-recover"
    case .wrprot: "wrprot"
    case .clearDirty: "clear-dirty"
    case .age: "age"
    case .convert: "convert"
    case .invalidate: "invalidate"
    case .guest: "guest"
    case .splitMirror: "split-mirror"
    case .pruneMirror: "prune-mirror"
    case .plant: "plant"
    case .touch: "touch"
    case .logDirty: "log-dirty"
    case .collectDirty: "collect-dirty"
    }
  }

  /// One line for `stress list operations`: what it does, under which lock, by which kernel function.
  package var summary: String {
    switch self {
    case .fault: "map one 4K page; mmu_lock for read; kvm_tdp_mmu_map()"
    case .fault2M: "map with a 2M page where that is allowed; mmu_lock for read; kvm_tdp_mmu_map()"
    case .fastFault: "make a write-protected SPTE writable; RCU only; fast_page_fault()"
    case .zap: "guest_memfd invalidation of private memory; mmu_lock for write; kvm_tdp_mmu_unmap_gfn_range()"
    case .unmap: "MMU notifier unmap of a shared range; mmu_lock for write; kvm_tdp_mmu_unmap_gfn_range()"
    case .split: "split huge pages of the direct root; mmu_lock for read; kvm_tdp_mmu_try_split_huge_pages()"
    case .splitExclusive: "split huge pages of both roots; mmu_lock for write; kvm_tdp_mmu_try_split_huge_pages()"
    case .recover: "replace page tables by huge pages; mmu_lock for read; kvm_tdp_mmu_recover_huge_pages()"
    case .nxRecover: "zap a possible NX huge page; mmu_lock for read; kvm_tdp_mmu_zap_possible_nx_huge_page()"
    case .wrprot: "write-protect a range; mmu_lock for read; kvm_tdp_mmu_wrprot_slot()"
    case .clearDirty: "clear dirty bits of a range; mmu_lock for read; kvm_tdp_mmu_clear_dirty_slot()"
    case .age: "clear accessed bits; RCU only; kvm_tdp_mmu_age_gfn_range()"
    case .convert: "private <-> shared: split the ends, zap, set attributes; mmu_lock for write, then fault"
    case .invalidate: "invalidate the direct roots, then zap them; mmu_lock for write, then for read"
    case .guest: "enter the TD, touch and accept pages, leave; no lock; TDH.VP.ENTER, TDG.MEM.PAGE.ACCEPT"
    case .splitMirror:
      "an experiment: split private huge pages; mmu_lock for read; kvm_tdp_mmu_try_split_huge_pages()"
    case .pruneMirror: "an experiment: remove a private page table; mmu_lock for read; tdp_mmu_set_spte_atomic()"
    case .plant: "a harness's act before the race: a private 2M leaf in mirror and S-EPT, whatever the policy"
    case .touch: "the processor walks the direct root and sets A, and D where it writes; no lock"
    case .logDirty:
      "a kernel's alone: dirty logging of the slot on or off; slots_lock, SRCU; kvm_mmu_slot_apply_flags()"
    case .collectDirty:
      "a kernel's alone: KVM_GET_DIRTY_LOG; mmu_lock for write; kvm_tdp_mmu_clear_dirty_pt_masked()"
    }
  }

  /// Share of the default mix, in arbitrary units.
  package var defaultWeight: Int {
    switch self {
    case .fault: 520
    case .fault2M: 60
    case .fastFault: 60
    case .zap: 60
    case .unmap: 30
    case .split: 20
    case .splitExclusive: 10
    case .recover: 10
    case .nxRecover: 10
    case .wrprot: 20
    case .clearDirty: 20
    case .age: 50
    case .convert: 20
    case .invalidate: 1
    case .guest: 109
    // Asked for by name alone: not every policy or subject stands them.
    case .splitMirror, .pruneMirror, .plant, .touch, .logDirty, .collectDirty: 0
    }
  }

  package init?(name: String) {
    guard let match = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = match
  }
}
