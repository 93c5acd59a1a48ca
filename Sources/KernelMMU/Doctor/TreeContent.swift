/// The content of a tree's files that are used, as hashes: names the content in reports, and tells whether it changed.
import Foundation

package struct TreeContent: Equatable {
  private var hashes: [(path: String, text: String)] = []

  package init(_ tree: URL) {
    for path in TreeFiles.wanted(tree) {
      guard let bytes = KernelStage.contents(tree.appendingPathComponent(path)) else { continue }
      var hash = ContentHash()
      hash.add(bytes)
      hashes.append((path, hash.text))
    }
  }

  /// 32 hexadecimal digits: of the same files with the same content, wherever they stand.
  package var hash: String {
    var hash = ContentHash()
    for file in hashes { hash.add(file.path, Array(file.text.utf8)) }
    return hash.text
  }

  package static func == (left: TreeContent, right: TreeContent) -> Bool { left.firstDifference(from: right) == nil }

  /// The first file, in the order of their paths, that is not the same in both.
  package func firstDifference(from other: TreeContent) -> String? {
    let mine = Dictionary(uniqueKeysWithValues: hashes.map { ($0.path, $0.text) })
    let theirs = Dictionary(uniqueKeysWithValues: other.hashes.map { ($0.path, $0.text) })
    return Set(mine.keys).union(theirs.keys).sorted().first { mine[$0] != theirs[$0] }
  }
}
