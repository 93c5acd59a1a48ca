/// All mutants: a new one is its file and its line here.

enum Mutants {
  static let all: [Mutant] = [
    .noFreeze,
    .thawFirst,
    .stayFrozen,
    .noRestore,
    .restoreNew,
    .doublePropagate,
    .dropPropagate,
    .plainFreeze,
    .ignoreFrozen,
    .stealFrozen,
    .parentFirst,
    .sharedRemove,
    .noTrack,
    .earlyFree,
    .doubleFree,
    .statsEarly,
    .staleRetry,
    .lostZap,
    .staleFault,
    .zapWhole,
    .ageMirror,
    .lockDrop,
    .busySpin,
    .recoverInvalidated,
    .plainZap,
    .lostWrprot,
  ]
}
