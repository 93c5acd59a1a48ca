/// `kvm->arch.possible_nx_huge_pages`: tables that stand where a huge page could, were it not for the NX mitigation.
///
/// A doubly linked list through the page headers, guarded by `tdp_mmu_pages_lock`.
import Machine

package struct NxHugePages: BitwiseCopyable {
  private let ends: UnsafeMutablePointer<UInt32>

  init() {
    ends = UnsafeMutablePointer<UInt32>.allocate(capacity: 2)
    ends.initialize(repeating: 0, count: 2)
  }

  func deallocate() { ends.deallocate() }

  func register(in snapshot: Snapshot) { snapshot.add(ends, count: 2) }

  func reset() { ends.update(repeating: 0, count: 2) }

  /// The table that has waited longest, 0 if there is none.
  package var first: UInt32 { ends[0] }

  func count(_ headers: UnsafeMutablePointer<PageHeader>) -> Int {
    var (page, count) = (first, 0)
    while page != 0 {
      count += 1
      page = headers[Int(page)].next
    }
    return count
  }

  /// `track_possible_nx_huge_page()`
  package func track(_ page: UInt32, _ headers: UnsafeMutablePointer<PageHeader>) {
    let header = headers + Int(page)
    guard !header.pointee.isTracked else { return }
    header.pointee.isTracked = true
    header.pointee.next = 0
    header.pointee.previous = ends[1]
    if ends[1] == 0 { ends[0] = page } else { headers[Int(ends[1])].next = page }
    ends[1] = page
  }

  /// `untrack_possible_nx_huge_page()`
  package func untrack(_ page: UInt32, _ headers: UnsafeMutablePointer<PageHeader>) {
    let header = headers + Int(page)
    guard header.pointee.isTracked else { return }
    header.pointee.isTracked = false
    let (previous, next) = (header.pointee.previous, header.pointee.next)
    if previous == 0 { ends[0] = next } else { headers[Int(previous)].next = next }
    if next == 0 { ends[1] = previous } else { headers[Int(next)].previous = previous }
    header.pointee.next = 0
    header.pointee.previous = 0
  }
}
