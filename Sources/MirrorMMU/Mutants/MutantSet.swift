/// What a mutant breaks in shared code, as bits that the hot paths test: one load and one branch that is never taken
/// when none is in force.
import SecureEPT

package struct MutantSet: OptionSet, Sendable, BitwiseCopyable {
  package let rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  static let ignoreFrozen = MutantSet(rawValue: 1 << 0)
  static let parentFirst = MutantSet(rawValue: 1 << 1)
  static let sharedRemove = MutantSet(rawValue: 1 << 2)
  static let earlyFree = MutantSet(rawValue: 1 << 3)
  static let doubleFree = MutantSet(rawValue: 1 << 4)
  static let statsEarly = MutantSet(rawValue: 1 << 5)
  static let staleRetry = MutantSet(rawValue: 1 << 6)
  static let lostZap = MutantSet(rawValue: 1 << 7)
  static let dropPropagate = MutantSet(rawValue: 1 << 8)
  static let recoverInvalidated = MutantSet(rawValue: 1 << 9)
  static let stealFrozen = MutantSet(rawValue: 1 << 10)
  static let ageMirror = MutantSet(rawValue: 1 << 11)
  static let staleFault = MutantSet(rawValue: 1 << 12)
  static let zapWhole = MutantSet(rawValue: 1 << 13)
  static let plainZap = MutantSet(rawValue: 1 << 14)
  static let lostWrprot = MutantSet(rawValue: 1 << 15)
}

extension Mutant {
  var mmuDefects: MutantSet {
    if case .mmu(let defects) = breakage { defects } else { [] }
  }

  var glueDefects: GlueDefects {
    if case .glue(let defects) = breakage { defects } else { [] }
  }

  var step: MirrorStep? {
    if case .step(let step) = breakage { step } else { nil }
  }
}
