/// The mutant in force, as bits that the hot paths test: one load and one branch that is never taken when none is.
import SecureEPT

public struct MutantSet: OptionSet, Sendable, BitwiseCopyable {
  public let rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let noFreeze = MutantSet(rawValue: 1 << 0)
  public static let thawFirst = MutantSet(rawValue: 1 << 1)
  public static let stayFrozen = MutantSet(rawValue: 1 << 2)
  public static let noRestore = MutantSet(rawValue: 1 << 3)
  public static let restoreNew = MutantSet(rawValue: 1 << 4)
  public static let doublePropagate = MutantSet(rawValue: 1 << 5)
  public static let plainFreeze = MutantSet(rawValue: 1 << 6)
  public static let ignoreFrozen = MutantSet(rawValue: 1 << 7)
  public static let parentFirst = MutantSet(rawValue: 1 << 8)
  public static let earlyFree = MutantSet(rawValue: 1 << 9)
  public static let statsEarly = MutantSet(rawValue: 1 << 10)
  public static let lostZap = MutantSet(rawValue: 1 << 11)

  public static let recoverInvalidated = MutantSet(rawValue: 1 << 12)
  public static let stealFrozen = MutantSet(rawValue: 1 << 13)
  public static let ageMirror = MutantSet(rawValue: 1 << 14)
  public static let staleFault = MutantSet(rawValue: 1 << 15)
  public static let zapWhole = MutantSet(rawValue: 1 << 16)

  init(_ mutant: Mutant?) {
    switch mutant {
    case .noFreeze: self = .noFreeze
    case .thawFirst: self = .thawFirst
    case .stayFrozen: self = .stayFrozen
    case .noRestore: self = .noRestore
    case .restoreNew: self = .restoreNew
    case .doublePropagate: self = .doublePropagate
    case .plainFreeze: self = .plainFreeze
    case .ignoreFrozen: self = .ignoreFrozen
    case .parentFirst: self = .parentFirst
    case .earlyFree: self = .earlyFree
    case .statsEarly: self = .statsEarly
    case .lostZap: self = .lostZap
    case .recoverInvalidated: self = .recoverInvalidated
    case .ageMirror: self = .ageMirror
    case .staleFault: self = .staleFault
    case .zapWhole: self = .zapWhole
    case .noTrack, .busySpin, nil: self = []
    }
  }
}

extension GlueDefects {
  init(_ mutant: Mutant?) {
    switch mutant {
    case .noTrack: self = .noTrack
    case .busySpin: self = .busySpin
    default: self = []
    }
  }
}
