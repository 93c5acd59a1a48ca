/// The SEAMCALLs and TDCALLs that change or use the S-EPT, and the status words they answer with.
@usableFromInline package enum Seamcall: UInt8, CaseIterable, Sendable {
  case septAdd, pageAdd, pageAug, rangeBlock, track, pageRemove, pageDemote, pageReclaim, vpEnter, vpExit, accept
  case septRemove
  case pamtAdd, pamtRemove

  package var name: String {
    switch self {
    case .septAdd: "TDH.MEM.SEPT.ADD"
    case .pageAdd: "TDH.MEM.PAGE.ADD"
    case .pageAug: "TDH.MEM.PAGE.AUG"
    case .rangeBlock: "TDH.MEM.RANGE.BLOCK"
    case .track: "TDH.MEM.TRACK"
    case .pageRemove: "TDH.MEM.PAGE.REMOVE"
    case .pageDemote: "TDH.MEM.PAGE.DEMOTE"
    case .pageReclaim: "TDH.PHYMEM.PAGE.RECLAIM"
    case .vpEnter: "TDH.VP.ENTER"
    case .vpExit: "TD exit"
    case .accept: "TDG.MEM.PAGE.ACCEPT"
    case .septRemove: "TDH.MEM.SEPT.REMOVE"
    case .pamtAdd: "TDH.PHYMEM.PAMT.ADD"
    case .pamtRemove: "TDH.PHYMEM.PAMT.REMOVE"
    }
  }

  /// True for the calls by which KVM changes what the external table maps: the external writes of DUP-1 and ORD-1.
  @inlinable @inline(__always) package var isExternalWrite: Bool {
    switch self {
    case .septAdd, .pageAdd, .pageAug, .pageRemove, .pageDemote: true
    default: false
    }
  }
}

/// Status of a SEAMCALL, after the TDX module's completion codes.
@usableFromInline package enum TdxStatus: UInt8, Sendable {
  case success
  /// TDX_OPERAND_BUSY: a lock inside the module is taken.
  case operandBusy
  /// TDX_PREVIOUS_TLB_EPOCH_BUSY: a vCPU still runs in the epoch before the current one.
  case previousEpochBusy
  /// TDX_EPT_WALK_FAILED: no present parent.
  case walkFailed
  /// TDX_EPT_ENTRY_STATE_INCORRECT: the entry is not in the state that the call needs.
  case entryStateIncorrect
  /// TDX_TLB_TRACKING_NOT_DONE: a vCPU may still hold the translation.
  case trackingNotDone
  /// TDX_SEPT_NOT_EMPTY of this emulation: the table still has children.
  case childrenPresent
  /// TDX_TD_KEYS_ARE_ASSIGNED of this emulation: reclaim before the HKID was released.
  case keyAssigned
  /// TDX_TD_FATAL: the TD is dead, and every call says so.
  case tdFatal
  /// TDX_HPA_RANGE_NOT_FREE: the region's metadata pages are there already.
  case rangeNotFree
  /// TDX_MISSING_PAMT_PAGE_PAIR: a 4K page is to be mapped in a region without metadata pages.
  case missingPair
  /// TDX_PAGE_METADATA_INCORRECT: metadata pages that are in use, or not there, are asked back.
  case metadataIncorrect

  package var name: String {
    switch self {
    case .success: "SUCCESS"
    case .operandBusy: "OPERAND_BUSY"
    case .previousEpochBusy: "PREVIOUS_TLB_EPOCH_BUSY"
    case .walkFailed: "EPT_WALK_FAILED"
    case .entryStateIncorrect: "EPT_ENTRY_STATE_INCORRECT"
    case .trackingNotDone: "TLB_TRACKING_NOT_DONE"
    case .childrenPresent: "CHILDREN_PRESENT"
    case .keyAssigned: "TD_KEYS_ARE_ASSIGNED"
    case .tdFatal: "TD_FATAL"
    case .rangeNotFree: "HPA_RANGE_NOT_FREE"
    case .missingPair: "MISSING_PAMT_PAGE_PAIR"
    case .metadataIncorrect: "PAGE_METADATA_INCORRECT"
    }
  }
}
