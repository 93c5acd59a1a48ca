/// The content of a tree's files that are used: its name in doctor, records and tokens, and whether it changed.
import Foundation

package struct TreeContent: Equatable {
  private var files: [(path: String, bytes: [UInt8])] = []

  package init(_ tree: URL) {
    for path in TreeFiles.wanted(tree) {
      guard let bytes = KernelStage.contents(tree.appendingPathComponent(path)) else { continue }
      files.append((path, bytes))
    }
  }

  /// `0x` and 16 digits: of the same files with the same content, wherever they stand.
  package var name: String { TreeName.text(KernelStage.hash(of: files)) }

  package static func == (left: TreeContent, right: TreeContent) -> Bool { left.firstDifference(from: right) == nil }

  /// The first file, in the order of their paths, that is not the same in both.
  package func firstDifference(from other: TreeContent) -> String? {
    let mine = Dictionary(uniqueKeysWithValues: files.map { ($0.path, $0.bytes) })
    let theirs = Dictionary(uniqueKeysWithValues: other.files.map { ($0.path, $0.bytes) })
    return Set(mine.keys).union(theirs.keys).sorted().first { mine[$0] != theirs[$0] }
  }
}

/// A tree's hash as it is written everywhere.
package enum TreeName {
  package static func text(_ hash: UInt64) -> String { "0x" + hash.paddedHex }
}
