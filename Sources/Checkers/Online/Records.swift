/// A list in memory that only grows: what it has once held room for is not allocated again.
///
/// Its count stands elsewhere, where a snapshot puts it back; the memory stays.
struct Records<Element>: BitwiseCopyable {
  private var memory = UnsafeMutablePointer<Element>.allocate(capacity: 16)
  private var capacity = 16

  func deallocate() { memory.deallocate() }

  /// Where record `index` stands, until the next `put`.
  @inline(__always) func at(_ index: Int) -> UnsafeMutablePointer<Element> { memory + index }

  mutating func put(_ element: Element, at count: inout Int) {
    if count == capacity { grow() }
    (memory + count).initialize(to: element)
    count += 1
  }

  private mutating func grow() {
    let wider = UnsafeMutablePointer<Element>.allocate(capacity: 2 * capacity)
    wider.moveInitialize(from: memory, count: capacity)
    memory.deallocate()
    memory = wider
    capacity *= 2
  }
}
