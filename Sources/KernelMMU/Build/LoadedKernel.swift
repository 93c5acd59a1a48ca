/// A built kernel in this process: the functions that it exports.
import CKernelABI
import Foundation
import Glibc

/// The object stays loaded for the life of the process: fibers that were abandoned may still have frames in it.
public struct LoadedKernel: @unchecked Sendable {
  public let table: UnsafePointer<stress_kernel>
  let object: URL
  let knownRaces: KnownRaces
  let symbols: KernelSymbolCache

  public var version: String { String(cString: table.pointee.kernel_version) }

  public init(_ kernel: BuiltKernel) throws(KernelBuildError) {
    let path = kernel.object.path
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
    object = kernel.object
    let base = UInt(bitPattern: table.pointee.base)
    knownRaces = KnownRaces(KernelSymbols(object: kernel.object, base: base))
    symbols = KernelSymbolCache(object: kernel.object, base: base)
  }
}
