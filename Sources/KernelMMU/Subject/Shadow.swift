/// Which memory a kernel's code asks about before it accesses it: a byte for 8 bytes of the address space, as KASAN has
/// it, so that the compiler can look at it in a few instructions.
///
/// Only what page tables, objects and the tool's records of them stand in is marked, once and for good; whether such an
/// access is right is then for `stress_look()` to say, which knows what is allocated. All else is free to access.
import CKernelABI
import Glibc
import Synchronization

enum Shadow {
  private static let base = UInt(STRESS_SHADOW_OFFSET)
  private static let pageSize: UInt = 4096
  private static let chunk: UInt = 2 << 20

  /// The shadow is there, and a kernel can be compiled to look at it. It takes address space alone; false where that
  /// cannot be had.
  static let isMapped: Bool = {
    // Of 47 bits.
    let bytes = 1 << 44
    let fixed = Int32(0x100000)  // MAP_FIXED_NOREPLACE, which Glibc does not import.
    guard let start = UnsafeMutableRawPointer(bitPattern: base) else { return false }
    let memory = mmap(start, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed, -1, 0)
    guard memory == start else {
      if memory != MAP_FAILED { munmap(memory, bytes) }
      return false
    }
    return marks >= 0
  }()

  /// A file of marks, which is mapped over and over.
  private static let marks: Int32 = {
    let file = stress_memory_file("stress-shadow")
    guard file >= 0 else { return -1 }
    let bytes = [UInt8](repeating: 0xff, count: Int(chunk))
    guard write(file, bytes, bytes.count) == bytes.count else { return -1 }
    return file
  }()

  private static func address(of memory: UnsafeRawPointer) -> UInt { UInt(bitPattern: memory) >> 3 &+ base }

  private static func up(_ address: UInt) -> UInt { (address &+ pageSize &- 1) & ~(pageSize &- 1) }

  /// Whole pages of the shadow, and what stands beside them.
  private static func parts(_ memory: UnsafeRawPointer, _ bytes: Int) -> (inner: Range<UInt>, edges: [Range<UInt>]) {
    let (start, end) = (address(of: memory), address(of: memory + bytes))
    let (first, last) = (up(start), end & ~(pageSize &- 1))
    guard first < last else { return (first..<first, [start..<end]) }
    return (first..<last, [start..<first, last..<end])
  }

  /// Accesses to this memory are asked about from now on. It begins and ends at a multiple of 8.
  static func mark(_ memory: UnsafeRawPointer, _ bytes: Int) {
    guard isMapped, bytes > 0 else { return }
    let (inner, edges) = parts(memory, bytes)
    var at = inner.lowerBound
    while at < inner.upperBound {
      let size = min(chunk, inner.upperBound - at)
      let start = UnsafeMutableRawPointer(bitPattern: at)
      guard mmap(start, Int(size), PROT_READ, MAP_SHARED | MAP_FIXED, marks, 0) == start else { return }
      at += size
    }
    for edge in edges { fill(edge, 0xff) }
  }

  static func unmark(_ memory: UnsafeRawPointer, _ bytes: Int) {
    guard isMapped, bytes > 0 else { return }
    let (inner, edges) = parts(memory, bytes)
    if !inner.isEmpty {
      let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED
      _ = mmap(UnsafeMutableRawPointer(bitPattern: inner.lowerBound), inner.count, PROT_READ, flags, -1, 0)
    }
    for edge in edges { fill(edge, 0) }
  }

  /// The kernel side itself marks parts of this memory.
  static func open(_ memory: UnsafeRawPointer, _ bytes: Int) {
    guard isMapped else { return }
    allowWrites(address(of: memory)..<address(of: memory + bytes))
  }

  private static func fill(_ range: Range<UInt>, _ value: Int32) {
    guard !range.isEmpty, allowWrites(range) else { return }
    if let start = UnsafeMutableRawPointer(bitPattern: range.lowerBound) { memset(start, value, range.count) }
  }

  @discardableResult private static func allowWrites(_ range: Range<UInt>) -> Bool {
    let first = range.lowerBound & ~(pageSize &- 1)
    let bytes = Int(up(range.upperBound) &- first)
    return mprotect(UnsafeMutableRawPointer(bitPattern: first), bytes, PROT_READ | PROT_WRITE) == 0
  }
}
