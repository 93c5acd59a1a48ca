/// What stands beside a kernel in the cache, so that a list need not load what it lists.
import Foundation

package struct CacheNote: Equatable {
  package var version: String
  package var compiler: String
  package var plainAccesses: Bool

  static let fileName = "about"

  init(version: String, compiler: String, plainAccesses: Bool) {
    self.version = version
    self.compiler = compiler
    self.plainAccesses = plainAccesses
  }

  /// - Returns: nil if there is none, or none that can be read.
  init?(in entry: URL) {
    guard let text = try? String(contentsOf: entry.appendingPathComponent(Self.fileName), encoding: .utf8) else {
      return nil
    }
    let lines = text.split(separator: "\n").map(String.init)
    guard lines.count >= 2 else { return nil }
    self.init(version: lines[0], compiler: lines[1], plainAccesses: lines.dropFirst(2).first == Self.plainMark)
  }

  func write(in entry: URL) throws(KernelBuildError) {
    let lines = [version, compiler] + (plainAccesses ? [Self.plainMark] : [])
    let url = entry.appendingPathComponent(Self.fileName)
    if let code = CacheFile.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: url) {
      throw .unwritable(entry.deletingLastPathComponent().deletingLastPathComponent(), code)
    }
  }

  private static let plainMark = "plain accesses"
}
