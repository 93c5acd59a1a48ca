/// Kernel trees for tests: those that scripts/kernel-tree has brought to this machine.
import Foundation
import TestSupport
import Testing

enum Trees {
  static func path(_ version: String) -> URL? { BroughtTrees.named(version) }

  /// Versions on this machine; a test over none of them is skipped.
  static let present = BroughtTrees.edited.map(\.lastPathComponent)

  /// One without mirror page tables.
  static let direct = BroughtTrees.direct

  static let compilers = BroughtTrees.compilers

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
    let tree = directory.appendingPathComponent("tree")
    try BroughtTrees.copy(#require(BroughtTrees.edited.first), to: tree)
    return tree
  }

  static func edit(_ tree: URL, _ path: String, _ change: (String) -> String) throws {
    try BroughtTrees.change(tree.appendingPathComponent(path), change)
  }
}
