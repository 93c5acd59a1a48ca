/// Data races that upstream has, does not annotate and lives with: RACE-1 passes them over, or it would see no other.
///
/// A race is known by the word and by the functions that the two accesses are in or were inlined into. Each entry says
/// why it does no harm; what is not among them is a finding, upstream's or the user's.
import Foundation
import Synchronization

package final class KnownRaces: Sendable {
  struct Entry {
    var word: String
    var writers: Set<String>
    /// Empty for any that only reads.
    var readers: Set<String>
  }

  static let table = [
    // role.invalid is set under mmu_lock held for write; walks without the lock read other bits of the same word, and
    // those that look at the bit itself are told in time by the zap of the root's entries.
    Entry(
      word: "sp->role", writers: ["kvm_tdp_mmu_invalidate_roots", "kvm_tdp_mmu_invalidate_all_roots"], readers: []),
    // The recovery worker reads the count without tdp_mmu_pages_lock, by READ_ONCE(), for a share that is an estimate.
    Entry(
      word: "possible_nx_huge_pages",
      writers: ["track_possible_nx_huge_page", "untrack_possible_nx_huge_page"], readers: ["nx_huge_pages_to_zap"]),
    // The same count as it was up to Linux 6.17, read with no lock at all.
    Entry(
      word: "kvm->stat", writers: ["track_possible_nx_huge_page", "untrack_possible_nx_huge_page"],
      readers: ["kvm_recover_nx_huge_pages"]),
    // A fault that misses the change maps by 4K pages once more than it had to.
    Entry(
      word: "nx_huge_page_disallowed", writers: ["unaccount_nx_huge_page", "tdp_mmu_unlink_sp"],
      readers: ["disallowed_hugepage_adjust"]),
    // Whoever takes the table out looks first without tdp_mmu_pages_lock, and finds it off the list under it; the
    // recovery worker's assertion reads what nobody sets any more.
    Entry(
      word: "nx_huge_page_disallowed", writers: ["unaccount_nx_huge_page", "tdp_mmu_unlink_sp"],
      readers: ["tdp_mmu_unlink_sp", "kvm_recover_nx_huge_pages"]),
  ]

  private struct Pair: Hashable {
    var writer: UInt
    var reader: UInt
  }

  /// By the pair's addresses in the kernel's code.
  private let answers = Mutex<[Pair: Bool]>([:])

  private let symbols: KernelSymbols

  init(_ symbols: KernelSymbols) { self.symbols = symbols }

  /// `addr2line` is there, by which functions are told.
  package static var canTell: Bool { Subprocess.find("addr2line") != nil }

  /// - Parameters:
  ///   - writer: where the write stands in the kernel's code.
  ///   - reader: where the access stands that only reads.
  func contains(_ writer: UInt, _ reader: UInt, word: String) -> Bool {
    answers.withLock { answers in
      let pair = Pair(writer: writer, reader: reader)
      if let known = answers[pair] { return known }
      let frames = Self.onOwnThread { [symbols] in symbols.frames([writer, reader]) }.map { Set($0.map(\.function)) }
      let isKnown = Self.table.contains { entry in
        entry.word == word && !entry.writers.isDisjoint(with: frames[0])
          && (entry.readers.isEmpty || !entry.readers.isDisjoint(with: frames[1]))
      }
      answers[pair] = isKnown
      return isKnown
    }
  }

  /// The caller is on a fiber, whose stack is too small for starting a program.
  private static func onOwnThread(_ body: @escaping @Sendable () -> [[KernelFrame]]) -> [[KernelFrame]] {
    let result = Mutex<[[KernelFrame]]>([])
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      let frames = body()
      result.withLock { $0 = frames }
      done.signal()
    }
    thread.stackSize = 4 << 20
    thread.start()
    done.wait()
    return result.withLock { $0 }
  }
}
