/// The common model M(T, iterations) on a rig's first two words, and strategies that run it.
import CAtomics
import Machine
import Scheduling
import TestSupport
import Testing

enum Micro {
  static let present: UInt64 = 1
  static let frozen: UInt64 = 2

  /// Each task, for each iteration: loads the SPTE; FROZEN, does nothing; else freezes it by cmpxchg, writes the
  /// external word and then the SPTE.
  static func bodies(_ rig: FiberRig, threads: Int, iterations: Int, thawsFirst: Bool = false) -> [FiberRig.Body] {
    let (spte, external) = (rig.words[0], rig.words[1])
    let body: FiberRig.Body = { task in
      for _ in 0..<iterations {
        let seen = task.load(spte)
        guard seen != frozen, task.exchange(spte, seen, frozen) else { continue }
        let new = present - seen
        if thawsFirst { task.store(spte, new) }
        task.store(external, new)
        if !thawsFirst { task.store(spte, new) }
      }
    }
    return Array(repeating: body, count: threads)
  }
}
