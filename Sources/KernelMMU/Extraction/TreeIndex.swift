/// The files of a tree from which definitions may be taken, and what each name stands for in them.
import Foundation
import Synchronization

/// A file is read and taken apart when a name that it mentions is looked for.
package final class TreeIndex: Sendable {
  struct Hit {
    var source: CSource
    var item: CItem
    var isHeader: Bool { source.path.hasSuffix(".h") }
  }

  /// In the order in which they are asked.
  let paths: [String]
  private let contents: [String: [UInt8]]
  private let conditions: CConditions
  private let parsed: Mutex<[String: CSource]>

  init(files: [(path: String, bytes: [UInt8])], order: [String], conditions: CConditions) {
    contents = Dictionary(files.map { ($0.path, $0.bytes) }) { first, _ in first }
    let known = contents
    paths = order.filter { known[$0] != nil }
    self.conditions = conditions
    parsed = Mutex([:])
  }

  func source(_ path: String) -> CSource? {
    if let known = parsed.withLock({ $0[path] }) { return known }
    guard let bytes = contents[path] else { return nil }
    let source = CSource(path: path, bytes: bytes, conditions: conditions)
    parsed.withLock { $0[path] = source }
    return source
  }

  /// Takes files apart on all processors: those that are certain to be asked.
  func prepare(_ paths: [String]) {
    DispatchQueue.concurrentPerform(iterations: paths.count) { _ = source(paths[$0]) }
  }

  /// Every definition of a name, the best of each file first.
  func hits(_ name: String, in paths: [String]? = nil) -> [Hit] {
    (paths ?? self.paths).flatMap { path -> [Hit] in
      guard let source = source(path) else { return [] }
      return source.items(name).map { Hit(source: source, item: $0) }
    }
  }

  /// A line of a file, for messages.
  func line(_ number: Int, of path: String) -> String? {
    guard let bytes = contents[path], number > 0 else { return nil }
    let lines = bytes.split(separator: CByte.newline, maxSplits: number, omittingEmptySubsequences: false)
    return lines.count >= number ? String(decoding: lines[number - 1], as: UTF8.self) : nil
  }

  /// Whether a structure has a member.
  func hasMember(_ member: String, of structure: String) -> Bool {
    hits(structure).contains { hit in
      hit.item.kind == .type && hit.item.body != nil
        && hit.source.members(of: hit.item).contains { $0.names.contains(member) }
    }
  }
}
