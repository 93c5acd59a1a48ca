/// What stands beside a kernel in the cache, so that a list need not load what it lists.
import Foundation

package struct CacheNote: Equatable {
  package var version: String
  package var compiler: String
  package var plainAccesses: Bool
  /// As records and tokens have it; nil if that was not noted.
  package var tree: String?

  static let fileName = "about"

  init(version: String, compiler: String, plainAccesses: Bool, tree: String?) {
    self.version = version
    self.compiler = compiler
    self.plainAccesses = plainAccesses
    self.tree = tree
  }

  /// - Returns: nil if there is none, or none that can be read.
  init?(in entry: URL) {
    guard let text = try? String(contentsOf: entry.appendingPathComponent(Self.fileName), encoding: .utf8) else {
      return nil
    }
    let lines = text.split(separator: "\n").map(String.init)
    guard lines.count >= 2 else { return nil }
    self.init(
      version: lines[0], compiler: lines[1], plainAccesses: lines.dropFirst(2).contains(Self.plainMark),
      tree: lines.dropFirst(2).first { $0.hasPrefix(Self.treeMark) }.map { String($0.dropFirst(Self.treeMark.count)) })
  }

  func write(in entry: URL) throws(KernelBuildError) {
    let lines =
      [version, compiler] + (plainAccesses ? [Self.plainMark] : []) + (tree.map { [Self.treeMark + $0] } ?? [])
    let url = entry.appendingPathComponent(Self.fileName)
    if let code = CacheFile.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: url) {
      throw .unwritable(entry.deletingLastPathComponent().deletingLastPathComponent(), code)
    }
  }

  private static let plainMark = "plain accesses"
  private static let treeMark = "tree "
}
