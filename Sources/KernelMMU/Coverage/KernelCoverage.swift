/// What of a kernel's code ran in this process, over all that were loaded of its object.
///
/// The counters stand in the objects and belong to no world: no execution puts them back. They are read while no code
/// of the kernel runs, or with what the threads that run it are about to add missing.
import CKernelABI
import Foundation
import Synchronization

package final class KernelCoverage: Sendable {
  /// One that is counted, in the order of the counters.
  package struct Function: Sendable {
    /// The name of its object, without the ending.
    package var unit: String
    package var ident: UInt32
    package var placeChecksum: UInt32
    package var flowChecksum: UInt32
    /// Of its counters.
    package var count: Int
  }

  /// All counters at one time.
  package struct Counters: Sendable, Equatable {
    package var values: [UInt64]

    /// Before anything was loaded.
    package static let none = Counters(values: [])
  }

  private struct Table: @unchecked Sendable {
    let pointer: UnsafePointer<stress_kernel>
  }

  private let entry: URL
  private let tables = Mutex<[Table]>([])

  init(entry: URL) { self.entry = entry }

  /// The folder of the compiler's notes.
  package var notes: URL { entry.appendingPathComponent(CoverageNotes.folder) }

  func add(_ table: UnsafePointer<stress_kernel>) {
    let table = Table(pointer: table)
    tables.withLock { $0.append(table) }
  }

  private static func functions(_ table: UnsafePointer<stress_kernel>) -> UnsafeBufferPointer<stress_counters> {
    UnsafeBufferPointer(start: table.pointee.counters, count: Int(table.pointee.counters_count))
  }

  /// As they are now.
  package func counters() -> Counters {
    tables.withLock { tables in
      var sum: [UInt64] = []
      for table in tables {
        var place = 0
        for function in Self.functions(table.pointer) {
          for index in 0..<Int(function.count) {
            if place == sum.count { sum.append(0) }
            sum[place] &+= function.values[index]
            place += 1
          }
        }
      }
      return Counters(values: sum)
    }
  }

  /// What ran since.
  package func counts(since start: Counters) -> SourceCounts {
    let now = counters().values
    // What was loaded since began with 0.
    let before = start.values + [UInt64](repeating: 0, count: max(0, now.count - start.values.count))
    return CoverageNotes(in: entry).counts(functions, zip(now, before).map { $0 &- $1 })
  }

  package var functions: [Function] {
    tables.withLock { tables in
      tables.first.map { table in
        Self.functions(table.pointer).map {
          Function(
            unit: CoverageNotes.name(String(cString: $0.unit)), ident: $0.ident, placeChecksum: $0.place_checksum,
            flowChecksum: $0.flow_checksum, count: Int($0.count))
        }
      } ?? []
    }
  }
}
