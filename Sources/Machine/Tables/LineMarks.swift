/// Which lines of the tables were written: so that an execution costs what it has touched, not what there is.
///
/// Kept only while `Machine.marksWrites`, when one thread runs all tasks.
import CAtomics

@usableFromInline package struct LineMarks: BitwiseCopyable {
  /// Entries in a line.
  package static let entries = 8

  /// Bit n: line n of the table is as the last snapshot took it.
  @usableFromInline var clean: UInt64 = 0
  /// Bit n: line n of the table holds what the table was filled with.
  @usableFromInline var untouched: UInt64 = 0
}

extension UnsafeMutablePointer where Pointee == Task {
  /// An entry of a table of any kind was written: a snapshot has to put it back, a check at rest has to look at it.
  @inlinable @inline(__always) package func markWritten(_ entry: SptePointer) {
    if _slowPath(pointee.machine.pointee.marksWrites) {
      let arena = pointee.machine.pointee.arenaView
      let line: UInt64 = 1 << UInt64((UInt(bitPattern: entry) >> 6) & 63)
      let marks = arena.marks + Int(arena.index(of: entry))
      marks.pointee.clean &= ~line
      marks.pointee.untouched &= ~line
    }
  }

  /// All entries of a table were written that nobody else can reach yet.
  package func markWritten(all page: UInt32) { mark(page, LineMarks()) }

  /// A page that nobody else can reach is about to be written behind the back of those who mark: a snapshot has to put
  /// all of it back, even if it is left before anybody finds it.
  package func markUnclean(_ page: UInt32) {
    if pointee.machine.pointee.marksWrites { pointee.machine.pointee.arenaView.marks[Int(page)].clean = 0 }
  }

  /// A table is about to be found by others: marks what was written to it while nobody could, behind the back of
  /// those who mark. It was filled with what an empty SPTE holds.
  package func markPrepared(_ page: UInt32) {
    guard pointee.machine.pointee.marksWrites else { return }
    let arena = pointee.machine.pointee.arenaView
    let table = arena.base + Int(page) * Spte.entriesPerTable
    for line in 0..<(Spte.entriesPerTable / LineMarks.entries) {
      let first = table + line * LineMarks.entries
      if run_unlike64(first, Spte.nonpresent) != 0 { markWritten(first) }
    }
  }

  /// A table was filled that nobody can reach yet.
  func markFilled(_ page: UInt32) { mark(page, LineMarks(clean: 0, untouched: .max)) }

  @inline(__always) private func mark(_ page: UInt32, _ marks: LineMarks) {
    if _slowPath(pointee.machine.pointee.marksWrites) { pointee.machine.pointee.arenaView.marks[Int(page)] = marks }
  }
}

extension Machine {
  /// Of a table's lines, as bits, those that may hold something else than what the table was filled with.
  @inlinable @inline(__always) package func linesInUse(_ page: UInt32) -> UInt64 {
    marksWrites ? ~arenaView.marks[Int(page)].untouched : .max
  }
}
