import Foundation
import KernelMMU

/// A folder of one test, gone with it.
struct Scratch {
  let folder: URL

  static func use<Value>(_ body: (Scratch) throws -> Value) throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("stress-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(Scratch(folder: folder))
  }

  func file(_ name: String) -> String { folder.appendingPathComponent(name).path }

  /// The content of a file, empty if there is none.
  func text(_ name: String) -> String {
    FileManager.default.contents(atPath: file(name)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: folder.appendingPathComponent(name))
  }

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
    let all = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return all.filter { !["stdout", "stderr", ".stress"].contains($0) }.sorted()
  }

  /// The names of the failures that were kept.
  var failures: [String] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: file(".stress/failures"))
    return (names ?? []).sorted()
  }
}
