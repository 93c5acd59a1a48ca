/// The common model M(T, iterations): one SPTE and one external word, on which tools for exploring schedules can be
/// compared.
///
/// Each task, for each iteration: loads the SPTE; FROZEN, does nothing; NONPRESENT, freezes it by cmpxchg, sets the
/// external word and then the SPTE to PRESENT; PRESENT, freezes it, clears the external word and then the SPTE. The
/// mutant `thaw-first` writes the SPTE before the external word.
import CAtomics
import Glibc
import Machine
import MirrorMMU

struct MicroModel {
  static let present: UInt64 = Spte.mmuPresent

  let spte: UnsafeMutablePointer<UInt64>
  let external: UnsafeMutablePointer<UInt64>
  private let words: UnsafeMutableRawPointer
  private let thawsFirst: Bool

  init(mutant: Mutant?) {
    words = UnsafeMutableRawPointer.allocate(byteCount: 128, alignment: 64)
    memset(words, 0, 128)
    spte = words.bindMemory(to: UInt64.self, capacity: 1)
    external = words.advanced(by: 64).bindMemory(to: UInt64.self, capacity: 1)
    thawsFirst = mutant == .thawFirst
  }

  func deallocate() { words.deallocate() }

  /// `reset` puts the words back; a search of states has to know what they hold.
  func register(in snapshot: Snapshot) { snapshot.add(telling: { $0.add(all: words, byteCount: 128) }) }

  @inline(__always) func reset() {
    spte.pointee = Spte.nonpresent
    external.pointee = Spte.nonpresent
  }

  /// One task's part. Every access is one step; `digest` takes in what was read.
  @inline(__always) func race(_ task: TaskPointer, iterations: Int, _ digest: inout UInt64) {
    let point = task.point
    for _ in 0..<iterations {
      var seen = read_once64(point, spte)
      digest = (digest ^ seen) &* 0x9e37_79b9_7f4a_7c15
      if seen == Spte.frozen { continue }
      let new = seen == Spte.nonpresent ? Self.present : Spte.nonpresent
      guard try_cmpxchg64(point, spte, &seen, Spte.frozen) else { continue }
      digest = digest &+ new
      if _slowPath(thawsFirst) {
        write_once64(point, spte, new)
        write_once64(point, external, new)
      } else {
        write_once64(point, external, new)
        write_once64(point, spte, new)
      }
    }
  }

  /// FRZ-1 and EQ-1 once all tasks have ended.
  func verify(_ machine: MachinePointer) {
    if _fastPath(spte.pointee == external.pointee) { return }
    let isFrozen = spte.pointee == Spte.frozen
    func text(_ value: UInt64) -> String {
      value == Self.present ? "PRESENT" : value == Spte.frozen ? "FROZEN" : "NONPRESENT"
    }
    machine.pointee.tasks[0].violation(
      isFrozen ? .frz1 : .eq1, gfn: 0, level: 1,
      expected: isFrozen ? "no SPTE is frozen at rest" : "SPTE \(text(spte.pointee)) and external word alike",
      seen: isFrozen ? "FROZEN" : "external word \(text(external.pointee))")
  }
}
