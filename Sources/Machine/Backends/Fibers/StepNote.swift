/// What a step has to do with other tasks beside the access that its schedule point announces: for a search that leaves
/// out what is independent, and for nobody else.
///
/// Words that tasks share and read or write without a schedule point are named here, where they are read and written. A
/// word that is missing makes such a search blind to what goes by it.
import CAtomics

@usableFromInline package enum StepNote: UInt32, Sendable {
  /// The value is the word's address.
  case read, write
  /// The cmpxchg that the step began with was lost: it has only read the word.
  case lost
  /// A step of the TDX module meets others of the kind in the words that it names, and all other steps of the module.
  case sharedModule
  /// The task waits until the word with this address is written, 0 for any word at all.
  case awaits
  /// The step that is about to begin lets the task with this number go on; the step that is under way does.
  case letsGoOnNext, letsGoOn
  /// Nobody could go on, so all that wait look again.
  case allLookAgain
}

@usableFromInline package typealias StepNoted = @convention(c) (UnsafeMutableRawPointer, UInt32, UInt) -> Void

extension UnsafeMutablePointer where Pointee == FiberScheduler {
  @inlinable @inline(__always) package func note(_ note: StepNote, _ value: UInt) {
    if _slowPath(pointee.noted != nil && pointee.isRunning) {
      pointee.noted?(pointee.notedState.unsafelyUnwrapped, note.rawValue, value)
    }
  }
}

extension UnsafeMutablePointer where Pointee == Task {
  /// A word that tasks share is read here without a schedule point.
  @inlinable @inline(__always) package func noteRead(_ word: UnsafeRawPointer) {
    if let fibers = pointee.fibers { fibers.note(.read, UInt(bitPattern: word)) }
  }

  /// A step of the TDX module, or of the guest's hardware: all such are about the whole TD.
  @inlinable @inline(__always) package func noteModule() { if let fibers = pointee.fibers { fibers.note(.write, 0) } }

  /// The step of the module that is under way holds the tree lock shared, or asks for it.
  @inlinable @inline(__always) package func noteSharedModule() {
    if let fibers = pointee.fibers { fibers.note(.sharedModule, 0) }
  }

  /// It is written here.
  @inlinable @inline(__always) package func noteWrite(_ word: UnsafeRawPointer) {
    if let fibers = pointee.fibers { fibers.note(.write, UInt(bitPattern: word)) }
  }
}
