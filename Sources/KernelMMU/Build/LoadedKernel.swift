/// A built kernel in this process: the functions that it exports.
import CKernelABI
import Foundation
import Glibc
import Synchronization

/// The object stays loaded for the life of the process: fibers that were abandoned may still have frames in it.
package struct LoadedKernel: @unchecked Sendable {
  package let table: UnsafePointer<stress_kernel>
  let object: URL
  let knownRaces: KnownRaces
  let symbols: KernelSymbolCache
  let variables: KernelVariables
  /// What of its code ran, in all that were loaded of its object; nil where that is not counted.
  let coverage: KernelCoverage?
  /// Not the first that was loaded of its object.
  let isCopy: Bool
  private let copies: KernelCopies
  /// What the variables held when it was loaded.
  private let pristine: [UInt8]

  package var version: String { String(cString: table.pointee.kernel_version) }

  /// By the path of its object. The loader has one of each, so whoever opens it again must not set its variables anew
  /// under the threads that run in it, nor lend it to a world while another has it.
  private static let opened = Mutex<[String: LoadedKernel]>([:])

  package init(_ kernel: BuiltKernel) throws(KernelBuildError) {
    let path = kernel.object.path
    self = try Self.opened.withLock { opened throws(KernelBuildError) in
      if let known = opened[path] { return known }
      let coverage = kernel.coverage ? KernelCoverage(entry: kernel.object.deletingLastPathComponent()) : nil
      let loaded = try LoadedKernel(path, of: kernel.object, KernelCopies(), coverage, isCopy: false)
      opened[path] = loaded
      return loaded
    }
  }

  /// - Parameter path: of the object, or of a copy of it that is to be loaded beside it.
  private init(
    _ path: String, of object: URL, _ copies: KernelCopies, _ coverage: KernelCoverage?, isCopy: Bool
  ) throws(KernelBuildError) {
    // It was compiled for this machine, and looks at the shadow if there can be one.
    _ = Shadow.isMapped
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      throw .notLoadable(path: path, reason: dlerror().map { String(cString: $0) } ?? "unknown")
    }
    guard let symbol = dlsym(handle, "stress_kernel_open") else {
      throw .notLoadable(path: path, reason: "it has no stress_kernel_open()")
    }
    let open = unsafeBitCast(symbol, to: stress_kernel_open_function.self)
    let expected = UInt32(STRESS_ABI_VERSION)
    guard let table = open(expected), table.pointee.version == expected,
      table.pointee.bytes == MemoryLayout<stress_kernel>.size
    else { throw .notLoadable(path: path, reason: "it does not speak version \(expected) of the interface") }
    self.table = table
    self.object = object
    self.isCopy = isCopy
    self.copies = copies
    self.coverage = coverage
    coverage?.add(table)
    let base = UInt(bitPattern: table.pointee.base)
    knownRaces = KnownRaces(KernelSymbols(object: object, base: base))
    symbols = KernelSymbolCache(object: object, base: base)
    variables = KernelVariables(object: object, base: base)
    pristine = Array(UnsafeRawBufferPointer(start: table.pointee.variables, count: Int(table.pointee.variables_bytes)))
  }

  /// The same kernel at another place: a file of its own is what makes the loader do so.
  func copy() -> LoadedKernel? {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("stress-kernel-\(UUID().uuidString).so")
    defer { try? FileManager.default.removeItem(at: file) }
    guard (try? FileManager.default.copyItem(at: object, to: file)) != nil else { return nil }
    return try? LoadedKernel(file.path, of: object, copies, coverage, isCopy: true)
  }

  func resetVariables() {
    guard let memory = table.pointee.variables else { return }
    pristine.withUnsafeBytes { memory.copyMemory(from: $0.baseAddress.unsafelyUnwrapped, byteCount: $0.count) }
  }

  /// For one world, until it gives it back.
  func borrowed() -> LoadedKernel { copies.take(self) }
  func giveBack() { copies.giveBack(self) }
  func keepForThreads() { copies.keepFirst() }

  /// Loaded of the same object.
  func isSame(as other: LoadedKernel) -> Bool { copies === other.copies }
}
