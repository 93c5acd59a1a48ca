/// `kvm->arch.tdp_mmu_pages_lock`: the spinlock that guards the list of possible NX huge pages.
import CAtomics

package struct PagesLock {
  fileprivate let word: UnsafeMutablePointer<UInt32>

  init(word: UnsafeMutablePointer<UInt32>) { self.word = word }
}

extension UnsafeMutablePointer where Pointee == Task {
  package func lockPages() {
    let word = pointee.machine.pointee.pagesLock.word
    schedule_point_pass(point, UInt32(SCHEDULE_LOCK.rawValue), word)
    if raw_cmpxchg32(word, 0, 1) != 0 {
      beginWaiting(.pagesLock)
      while raw_cmpxchg32(word, 0, 1) != 0, sleep(on: UnsafeRawPointer(word)) {}
      noteWrite(word)
      endWaiting()
    }
    pointee.pagesLockHeld = true
  }

  /// A sleeping lock of the subject, `kvm->slots_lock` or its like, in a word of the subject's own.
  package func lockWord(_ word: UnsafeMutablePointer<UInt32>) {
    schedule_point_pass(point, UInt32(SCHEDULE_LOCK.rawValue), word)
    if raw_cmpxchg32(word, 0, 1) != 0 {
      beginWaiting(.slotsLock)
      while raw_cmpxchg32(word, 0, 1) != 0, sleep(on: UnsafeRawPointer(word)) {}
      noteWrite(word)
      endWaiting()
    }
    pointee.slotsLockHeld = true
  }

  package func unlockWord(_ word: UnsafeMutablePointer<UInt32>) {
    pointee.slotsLockHeld = false
    raw_store32(word, 0)
    noteWrite(word)
    wake(word)
  }

  package func unlockPages() {
    pointee.pagesLockHeld = false
    let word = pointee.machine.pointee.pagesLock.word
    raw_store32(word, 0)
    noteWrite(word)
    wake(word)
  }
}
