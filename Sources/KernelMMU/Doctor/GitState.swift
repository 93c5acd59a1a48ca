/// What git knows about a tree: the commit, and which of the files that are used differ from it.
import Foundation

package enum GitState: Equatable {
  case none(String)
  /// `dirty` has the two letters of `git status --short` and the path.
  case commit(String, dirty: [String])

  package init(_ tree: URL, scratch: URL) {
    let git: GitTree
    switch GitTree.open(tree, scratch: scratch) {
    case .failure(let reason):
      self = .none(reason.text)
      return
    case .success(let found): git = found
    }
    guard let commit = git.commit("HEAD") else {
      self = .none("a repository without a commit")
      return
    }
    let wanted = TreeFiles.wanted(tree)
    let status = git.lines(["status", "--short", "--untracked-files=all", "--ignore-submodules", "--"] + wanted)
    let used = Set(wanted)
    let dirty = (status ?? []).filter { used.contains(String($0.dropFirst(3))) }
    self = .commit(commit, dirty: dirty)
  }

  /// Writes the used files of a commit into a directory.
  /// - Returns: false if git cannot say what they were.
  static func export(_ commit: String, of tree: URL, to copy: URL, scratch: URL) -> Bool {
    guard case .success(let git) = GitTree.open(tree, scratch: scratch),
      let names = git.lines(["ls-tree", "-r", "--name-only", commit, "--"] + TreeFiles.wanted(tree))
    else { return false }
    let files = names.filter { !$0.isEmpty }
    for file in files {
      guard let bytes = git.contents(file, in: commit),
        CacheFile.write(bytes, to: copy.appendingPathComponent(file)) == nil
      else { return false }
    }
    return !files.isEmpty
  }
}
