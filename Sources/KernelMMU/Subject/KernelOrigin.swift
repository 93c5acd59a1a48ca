/// Where a kernel comes from: what git says of its tree, and what of its changes a run of it cannot see.
import Foundation

package struct KernelOrigin: Sendable, Equatable {
  /// Nil where git knows none.
  package var commit: String?
  /// Files that are used and differ from the commit.
  package var changed: [String] = []
  /// The commit that changes are looked for from; nil where git knows none.
  package var base: String?
  /// What differs from `base` and is outside what a run can see.
  package var unseen: [UnseenChange] = []

  package init() {}

  /// - Parameter base: any name that git has for a commit; nil for the one that is checked out.
  /// - Returns: nil if there is no such commit.
  package init?(_ tree: URL, base: String?, use: SourceUse?) {
    let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("stress-git-\(UUID().uuidString)")
    try? FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    guard case .success(let git) = GitTree.open(tree, scratch: scratch), let head = git.commit("HEAD") else {
      if base != nil { return nil }
      return
    }
    commit = head
    guard let from = git.commit(base ?? head) else { return nil }
    guard let use, let changes = TreeChanges(git, from: head, use) else { return }
    changed = changes.usedFiles
    self.base = from
    unseen = (from == head ? changes : TreeChanges(git, from: from, use))?.unseen ?? []
  }
}
