/// What stands for an enum's case in a token: a number that never changes, whatever is added and wherever.
///
/// A new case gets a number that was never used; the switches make sure that it gets one. 0 is left free. What is most
/// likely to be missing in another version, protocols and mutants, stands in a token by its name.
import Machine
import SecureEPT

protocol TokenCoded {
  static var tokenCases: [Self] { get }
  var tokenCode: UInt8 { get }
}

extension TokenCoded {
  init?(tokenCode: UInt8) {
    guard let match = Self.tokenCases.first(where: { $0.tokenCode == tokenCode }) else { return nil }
    self = match
  }
}

extension TokenCoded where Self: CaseIterable {
  static var tokenCases: [Self] { Array(allCases) }
}

extension Operation: TokenCoded {
  package var tokenCode: UInt8 {
    switch self {
    case .fault: 1
    case .fault2M: 2
    case .fastFault: 3
    case .zap: 4
    case .unmap: 5
    case .split: 6
    case .splitExclusive: 7
    case .recover: 8
    case .nxRecover: 9
    case .wrprot: 10
    case .clearDirty: 11
    case .age: 12
    case .convert: 13
    case .invalidate: 14
    case .guest: 15
    case .splitMirror: 16
    case .pruneMirror: 17
    case .plant: 18
    case .touch: 19
    case .logDirty: 20
    case .collectDirty: 21
    }
  }
}

extension Policy: TokenCoded {
  package var tokenCode: UInt8 {
    switch self {
    case .fourK: 1
    case .huge: 2
    case .hugeShared: 3
    }
  }
}

extension Episode.Subject: TokenCoded {
  static var tokenCases: [Self] { [.model, .micro] }

  package var tokenCode: UInt8 {
    switch self {
    case .model: 1
    case .micro: 2
    }
  }
}

extension ScenarioName: TokenCoded {
  package var tokenCode: UInt8 {
    switch self {
    case .faultFault: 1
    case .faultNeighbours: 2
    case .faultZap: 3
    case .faultUnmap: 4
    case .faultSplit: 5
    case .faultConvert: 6
    case .faultNxRecover: 7
    case .faultRecover: 8
    case .faultInvalidate: 9
    case .busy: 10
    case .guestZap: 11
    case .lockless: 12
    case .recoverUnmap: 13
    case .teardown: 14
    case .random: 15
    case .micro: 16
    case .mirrorSplit: 17
    case .mirrorPrune: 18
    case .planted: 19
    case .hardwareAd: 20
    case .memslot: 21
    case .dirtyLogging: 22
    case .suspectWrprot: 23
    case .suspectEio: 24
    case .suspectRetry: 25
    case .tables: 26
    case .dying: 27
    }
  }
}

extension CheckerID: TokenCoded {
  package var tokenCode: UInt8 {
    switch self {
    case .frz1: 1
    case .frz2: 2
    case .frz3: 3
    case .ord1: 4
    case .ord2: 5
    case .ord3: 6
    case .ord4: 7
    case .dup1: 8
    case .eq1: 9
    case .lck1: 10
    case .lck2: 11
    case .rcu1: 12
    case .cnt1: 13
    case .bug1: 14
    case .tlb1: 15
    case .liv1: 16
    case .map1: 17
    case .acc1: 18
    case .race1: 19
    case .dirt1: 20
    case .wp1: 21
    case .oops1: 22
    case .hang1: 23
    case .mem1: 24
    case .lst1: 25
    case .tlb2: 26
    }
  }
}
