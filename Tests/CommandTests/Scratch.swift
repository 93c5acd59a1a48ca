import Foundation
import KernelMMU
import TestSupport

typealias Scratch = TestSupport.Scratch

extension Scratch {
  /// A cache for kernels of the test's own, as `XDG_CACHE_HOME`. Of single files it knows what the user's knows, so
  /// that a build in it is one, and soon over.
  func kernelCache() throws -> String {
    let known = UnitCache().folder
    let own = folder.appendingPathComponent("cache/stress")
    for folder in [known, own] {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }
    try FileManager.default.createSymbolicLink(
      at: own.appendingPathComponent(known.lastPathComponent), withDestinationURL: known)
    return file("cache")
  }

  /// The names of all files but the captured output and the command's own folder.
  var names: [String] {
    contents().filter { !["stdout", "stderr", ".stress"].contains($0) }
  }

  /// The names of the failures that were kept.
  var failures: [String] { contents(of: ".stress/failures") }
}
