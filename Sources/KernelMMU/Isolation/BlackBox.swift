/// What survives the process that runs kernel code: memory that it shares with the process that watches over it.
///
/// Each world that runs a kernel has a place in it. There stand what it runs (its episode, as text) and the log of the
/// execution that is running, which its scheduler writes there as it would write it anywhere: nothing is copied while
/// schedules run. When the process dies, all that it takes to run each execution again up to the death is there.
import Foundation
import Machine
import Synchronization

package final class BlackBox: @unchecked Sendable {
  /// Worlds at once: one for each processor that explores, and those of reports.
  private static let places = 320
  private static let textBytes = 256 << 10
  /// An execution with plain accesses needs most: it may take eight times the steps, and the log twice as many.
  private static let stepsPerPlace = 1 << 21
  private static let answersPerPlace = 8 << 10
  private static let headBytes = 4096
  private static let traceBytes = 16 << 20
  // Memory is taken as it is touched; most of it never is.
  private static let placeBytes = 64 + textBytes + stepsPerPlace * 2 + answersPerPlace * 8
  private static let bytes = headBytes + traceBytes + places * placeBytes

  // In the head.
  private static let noteOffset = 64
  private static let baseOffset = 256
  private static let sumsOffset = 320

  package let descriptor: Int32
  private let memory: UnsafeMutableRawPointer
  private let taken = Mutex([Bool](repeating: false, count: places))

  /// A new one. `descriptor` is inherited by processes that are started.
  /// - Returns: nil if there is no memory to share.
  package static func create() -> BlackBox? {
    let name = "/stress-\(getpid())-\(UInt64.random(in: .min ... .max))"
    var descriptor = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0o600)
    if descriptor >= 0 {
      shm_unlink(name)
    } else {
      var path = Array("\(FileManager.default.temporaryDirectory.path)/stress-XXXXXX".utf8CString)
      descriptor = mkstemp(&path)
      guard descriptor >= 0 else { return nil }
      unlink(path)
    }
    guard ftruncate(descriptor, off_t(bytes)) == 0, let box = BlackBox(descriptor: descriptor) else {
      close(descriptor)
      return nil
    }
    // What shm_open() makes is closed when a program is started.
    var flags = fcntl(descriptor, F_GETFD)
    flags &= ~FD_CLOEXEC
    _ = fcntl(descriptor, F_SETFD, flags)
    return box
  }

  /// The one behind an inherited descriptor.
  package init?(descriptor: Int32) {
    let flags = MAP_SHARED | MAP_NORESERVE
    guard let memory = mmap(nil, Self.bytes, PROT_READ | PROT_WRITE, flags, descriptor, 0), memory != MAP_FAILED else {
      return nil
    }
    self.descriptor = descriptor
    self.memory = memory
  }

  deinit {
    munmap(memory, Self.bytes)
    close(descriptor)
  }

  // MARK: Places

  package enum Phase: UInt32, Sendable { case free, idle, preparing, executing }

  /// A world's own place.
  package struct Place {
    fileprivate let memory: UnsafeMutableRawPointer
    fileprivate let index: Int

    @inline(__always) package func enter(_ phase: Phase) { memory.storeBytes(of: phase.rawValue, as: UInt32.self) }

    fileprivate var phase: Phase { Phase(rawValue: memory.load(as: UInt32.self)) ?? .free }

    /// - Parameter text: what is run; one that is too long is left out.
    package func describe(_ text: String, hasLog: Bool) {
      let bytes = Array(text.utf8)
      let isFitting = bytes.count <= textBytes
      memory.storeBytes(of: UInt32(isFitting ? bytes.count : 0), toByteOffset: 4, as: UInt32.self)
      memory.storeBytes(of: hasLog ? 1 : 0, toByteOffset: 8, as: UInt32.self)
      if isFitting { (memory + 64).copyMemory(from: bytes, byteCount: bytes.count) }
    }

    /// Which of a campaign's schedules it is.
    @inline(__always) package func number(_ schedule: UInt64) {
      memory.storeBytes(of: schedule, toByteOffset: 16, as: UInt64.self)
    }

    fileprivate var schedule: UInt64 { memory.load(fromByteOffset: 16, as: UInt64.self) }

    package var log: FlightLog {
      let steps = memory + 64 + textBytes
      let yes = steps + stepsPerPlace * 2
      return FlightLog(
        steps: .init(start: steps.assumingMemoryBound(to: UInt16.self), count: stepsPerPlace),
        yes: .init(start: yes.assumingMemoryBound(to: (task: Int32, question: UInt32).self), count: answersPerPlace))
    }

    fileprivate var text: String {
      let count = Int(memory.load(fromByteOffset: 4, as: UInt32.self))
      return String(decoding: UnsafeRawBufferPointer(start: memory + 64, count: min(count, textBytes)), as: UTF8.self)
    }

    fileprivate var hasLog: Bool { memory.load(fromByteOffset: 8, as: UInt32.self) != 0 }
  }

  private func place(_ index: Int) -> Place {
    Place(memory: memory + Self.headBytes + Self.traceBytes + index * Self.placeBytes, index: index)
  }

  /// - Returns: nil if all are taken.
  package func take() -> Place? {
    let index: Int? = taken.withLock { taken in
      guard let index = taken.firstIndex(of: false) else { return nil }
      taken[index] = true
      return index
    }
    guard let index else { return nil }
    place(index).enter(.idle)
    return place(index)
  }

  package func giveBack(_ place: Place) {
    place.enter(.free)
    taken.withLock { $0[place.index] = false }
  }

  // MARK: What another process reads

  /// What ran in a world when the process died.
  package struct Flight {
    package let index: Int
    /// What it ran.
    package let text: String
    /// Its tables were being built.
    package let isPreparing: Bool
    /// Which of a campaign's schedules it was.
    package let schedule: UInt64
    /// Meaningless while it was preparing.
    package let log: FlightLog
  }

  /// The executions that ran when the process died and can be run again.
  package var flights: [Flight] { (0..<Self.places).compactMap(flight) }

  package func flight(_ index: Int) -> Flight? {
    guard (0..<Self.places).contains(index) else { return nil }
    let place = place(index)
    guard place.phase == .preparing || place.phase == .executing && place.hasLog, !place.text.isEmpty else {
      return nil
    }
    return Flight(
      index: index, text: place.text, isPreparing: place.phase == .preparing, schedule: place.schedule, log: place.log)
  }

  /// Nobody flies any more.
  package func clear() { for index in 0..<Self.places { place(index).enter(.free) } }

  /// For the schedule of an execution that is run again.
  package var trace: UnsafeMutableRawBufferPointer { .init(start: memory + Self.headBytes, count: Self.traceBytes) }

  /// Text for another process, in the place of a trace. One that is too long is left out.
  package var letter: String {
    get {
      let count = min(Int(trace.load(as: UInt64.self)), Self.traceBytes - 8)
      return String(decoding: UnsafeRawBufferPointer(rebasing: trace[8..<8 + count]), as: UTF8.self)
    }
    set {
      let bytes = Array(newValue.utf8)
      let isFitting = bytes.count <= Self.traceBytes - 8
      trace.storeBytes(of: UInt64(isFitting ? bytes.count : 0), as: UInt64.self)
      if isFitting { UnsafeMutableRawBufferPointer(rebasing: trace[8...]).copyBytes(from: bytes) }
    }
  }

  // MARK: Faults that nothing catches

  /// Has a fault of the kernel's code that ends the process noted.
  package func watch(_ kernel: KernelSubject) {
    memory.storeBytes(
      of: UInt(bitPattern: kernel.loaded.table.pointee.base), toByteOffset: Self.baseOffset, as: UInt.self)
    kernel.code.note(at: memory + Self.noteOffset)
  }

  /// What was noted, with its addresses as they are in this process's copy of the kernel.
  package func fault(in kernel: KernelSubject) -> CodeFault? {
    guard var fault = ForeignCode.noted(at: memory + Self.noteOffset) else { return nil }
    let base = memory.load(fromByteOffset: Self.baseOffset, as: UInt.self)
    fault.instruction = fault.instruction.map { $0 &- base &+ UInt(bitPattern: kernel.loaded.table.pointee.base) }
    return fault
  }

  // MARK: Sums

  /// Numbers that the next process goes on with, for work of many parts of which one may end the process.
  package subscript(sum index: Int) -> UInt64 {
    get { memory.load(fromByteOffset: Self.sumsOffset + index * 8, as: UInt64.self) }
    set { memory.storeBytes(of: newValue, toByteOffset: Self.sumsOffset + index * 8, as: UInt64.self) }
  }
}
