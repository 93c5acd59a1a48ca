/// Kernel trees for tests: those that scripts/kernel-tree has brought to this machine.
import Foundation
import KernelMMU
import Testing

enum Trees {
  static let versions = ["7.3", "7.2"]

  /// Where `scripts/kernel-tree` keeps trees.
  static let cache: URL = {
    let environment = ProcessInfo.processInfo.environment
    let base = environment["XDG_CACHE_HOME"] ?? "\(environment["HOME"] ?? "/")/.cache"
    return URL(fileURLWithPath: base).appendingPathComponent("stress/kernel-trees")
  }()

  static func path(_ version: String) -> URL? {
    let tree = cache.appendingPathComponent(version)
    return FileManager.default.fileExists(atPath: tree.appendingPathComponent("Makefile").path) ? tree : nil
  }

  /// Versions on this machine; a test over none of them is skipped.
  static let present = versions.filter { path($0) != nil }

  /// One without mirror page tables.
  static let direct = path("6.12")

  static let compilers = ["clang", "gcc"].filter { name in
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
  }

  /// One a version and compiler.
  static let builds = present.flatMap { version in compilers.map { Build(version: version, compiler: $0) } }

  struct Build: Sendable, CustomTestStringConvertible {
    var version: String
    var compiler: String
    var testDescription: String { "\(version) \(compiler)" }
  }
}

extension Trees {
  /// The files of a tree that a build looks at, to be edited.
  static func copy(to directory: URL) throws -> URL {
    let source = try #require(Trees.present.first.flatMap { Trees.path($0) })
    let tree = directory.appendingPathComponent("tree")
    for path in TreeFiles.wanted(source) {
      let (origin, target) = (source.appendingPathComponent(path), tree.appendingPathComponent(path))
      guard FileManager.default.fileExists(atPath: origin.path) else { continue }
      try FileManager.default.createDirectory(at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.copyItem(at: origin, to: target)
    }
    return tree
  }

  static func edit(_ tree: URL, _ path: String, _ change: (String) -> String) throws {
    let file = tree.appendingPathComponent(path)
    let text = change(try String(contentsOf: file, encoding: .utf8))
    try FileManager.default.removeItem(at: file)
    try text.write(to: file, atomically: false, encoding: .utf8)
  }
}
