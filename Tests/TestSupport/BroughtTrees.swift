import Foundation
import KernelMMU

/// Kernel trees that scripts/kernel-tree has brought to this machine. A test that needs one that is not there is
/// skipped, and CI says so.
package enum BroughtTrees {
  /// Where the script keeps them.
  package static let folder: URL = {
    let environment = ProcessInfo.processInfo.environment
    let base = environment["XDG_CACHE_HOME"] ?? "\(environment["HOME"] ?? "/")/.cache"
    return URL(fileURLWithPath: base).appendingPathComponent("stress/kernel-trees")
  }()

  /// Of a name under which the script keeps it, for example `7.3`.
  package static func named(_ name: String) -> URL? {
    let tree = folder.appendingPathComponent(name)
    return FileManager.default.fileExists(atPath: tree.appendingPathComponent("Makefile").path) ? tree : nil
  }

  /// Of the releases that tests edit by their text, the newest first.
  package static let edited = ["7.3", "7.2"].compactMap(named)

  /// One without mirror page tables.
  package static let direct = named("6.12")

  /// The compilers that are here.
  package static let compilers = ["clang", "gcc"].filter { name in
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
  }

  /// Copies of a tree what a build looks at, to be changed.
  package static func copy(_ source: URL, to target: URL) throws {
    for path in TreeFiles.wanted(source) {
      let (from, to) = (source.appendingPathComponent(path), target.appendingPathComponent(path))
      // Not each release has each file.
      guard FileManager.default.fileExists(atPath: from.path) else { continue }
      try FileManager.default.createDirectory(at: to.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.copyItem(at: from, to: to)
    }
  }

  /// Puts a file with another text in the place of one.
  package static func change(_ file: URL, _ change: (String) throws -> String) throws {
    let text = try change(String(contentsOf: file, encoding: .utf8))
    // What is there may be a link to somebody else's.
    try FileManager.default.removeItem(at: file)
    try text.write(to: file, atomically: false, encoding: .utf8)
  }
}
