/// Kernels for tests that scripts/kernel-flavour makes of a tree.
import Foundation
import KernelMMU
import Synchronization
import Testing

enum Flavours {
  private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("scripts/kernel-flavour")

  /// Built once for all tests, and read no more afterwards.
  private static let made = Mutex<[String: KernelSubject]>([:])

  /// The flavour `name` of a tree; the newest there is if none is named.
  static func kernel(_ name: String, over tree: String? = nil) throws -> KernelSubject {
    let tree = try tree ?? #require(KernelTrees.newest)
    return try made.withLock { made in
      if let known = made["\(name) \(tree)"] { return known }
      let kernel = try Scratch.use { scratch in
        let copy = scratch.file("tree")
        let process = Process()
        process.executableURL = script
        process.arguments = [name, tree, copy]
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "kernel-flavour \(name) \(tree)")
        return try KernelSubject.open(copy)
      }
      made["\(name) \(tree)"] = kernel
      return kernel
    }
  }
}
