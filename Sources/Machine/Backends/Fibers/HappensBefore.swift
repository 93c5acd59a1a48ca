/// The happens-before hash of an execution: equal for executions that differ only in the order of independent steps.
///
/// Each step's hash is made of its task's previous step and of the steps on the same address that it follows: for a
/// write all reads since the write before, for a read that write. Addresses serve to find those, and stay out of the
/// hash, which is therefore the same in every process. Two executions are equal if each task's last hash is: they are
/// the same Mazurkiewicz trace.
import CAtomics

@usableFromInline package struct HappensBefore {
  private struct Cell {
    var address: UInt
    var generation: UInt64
    var lastWrite: UInt64
    /// Sum of the reads since: their order does not matter.
    var reads: UInt64
  }

  private var cells: UnsafeMutablePointer<Cell>
  private var mask: Int
  private var used = 0
  private var generation: UInt64 = 1
  /// What the last write replaced: its task's history and the cell's.
  private var undo: (history: UInt64, lastWrite: UInt64, reads: UInt64) = (0, 0, 0)

  init() {
    mask = 1023
    cells = Self.empty(1024)
  }

  private static func empty(_ count: Int) -> UnsafeMutablePointer<Cell> {
    let cells = UnsafeMutablePointer<Cell>.allocate(capacity: count)
    cells.initialize(repeating: Cell(address: 0, generation: 0, lastWrite: 0, reads: 0), count: count)
    return cells
  }

  func deallocate() { cells.deallocate() }

  mutating func begin() {
    generation &+= 1
    used = 0
  }

  /// Words of a line are neighbours here too: whoever goes through a table goes through memory.
  @inline(__always) private static func slot(_ address: UInt, _ mask: Int) -> Int {
    Int(truncatingIfNeeded: (((address >> 6) &* 0x9e37_79b9_7f4a_7c15) >> 32) << 3 | (address >> 3) & 7) & mask
  }

  @inline(__always) private mutating func cell(_ address: UInt) -> UnsafeMutablePointer<Cell> {
    let cell = cells + Self.slot(address, mask)
    if _fastPath(cell.pointee.address == address && cell.pointee.generation == generation) { return cell }
    return findCell(address)
  }

  @inline(never) private mutating func findCell(_ address: UInt) -> UnsafeMutablePointer<Cell> {
    var index = Self.slot(address, mask)
    while true {
      let cell = cells + index
      if cell.pointee.generation != generation {
        if _slowPath(used * 2 > mask) {
          grow()
          return findCell(address)
        }
        used &+= 1
        cell.pointee = Cell(address: address, generation: generation, lastWrite: 0, reads: 0)
        return cell
      }
      if cell.pointee.address == address { return cell }
      index = (index &+ 1) & mask
    }
  }

  @inline(never) private mutating func grow() {
    let (old, count) = (cells, mask + 1)
    mask = 2 * count - 1
    cells = Self.empty(2 * count)
    for index in 0..<count where old[index].generation == generation {
      var slot = Self.slot(old[index].address, mask)
      while cells[slot].generation == generation { slot = (slot + 1) & mask }
      cells[slot] = old[index]
    }
    old.deallocate()
  }

  @inlinable @inline(__always) package static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
    var word = (left ^ 0x9e37_79b9_7f4a_7c15) &* 0xbf58_476d_1ce4_e5b9
    word ^= word >> 32
    word = (word &+ right) &* 0x94d0_49bb_1331_11eb
    return word ^ (word >> 29)
  }

  @inline(__always) mutating func read(_ history: inout UInt64, _ address: UInt) {
    let cell = cell(address)
    history = Self.mix(history, cell.pointee.lastWrite)
    cell.pointee.reads = cell.pointee.reads &+ history
  }

  @inline(__always) mutating func write(_ history: inout UInt64, _ address: UInt) {
    let cell = cell(address)
    undo = (history, cell.pointee.lastWrite, cell.pointee.reads)
    history = Self.mix(history, Self.mix(cell.pointee.lastWrite, cell.pointee.reads) &+ 1)
    cell.pointee.lastWrite = history
    cell.pointee.reads = 0
  }

  /// The write just told of wrote nothing: it was a read.
  mutating func takeBack(_ history: inout UInt64, _ address: UInt) {
    let cell = cell(address)
    (history, cell.pointee.lastWrite, cell.pointee.reads) = undo
    read(&history, address)
  }
}
