/// What git knows about a tree: the commit, and which of the files that are used differ from it.
import Foundation

package enum GitState: Equatable {
  case none(String)
  /// `dirty` has the two letters of `git status --short` and the path.
  case commit(String, dirty: [String])

  /// Writes nothing into the tree, and runs nothing that its configuration names.
  package init(_ tree: URL, scratch: URL) {
    guard Subprocess.find("git") != nil else {
      self = .none("not known, git is not installed")
      return
    }
    func git(_ arguments: [String]) -> [String]? { Self.git(arguments, tree, scratch: scratch) }
    // A tarball that was unpacked inside another repository has no commit of its own.
    guard let prefix = git(["rev-parse", "--show-prefix"]) else {
      self = .none("none, or none that git may read here")
      return
    }
    guard prefix.first?.isEmpty ?? true else {
      self = .none("none of its own: it stands inside another repository")
      return
    }
    guard let commit = git(["rev-parse", "--verify", "HEAD"])?.first(where: { Self.isHash($0) }) else {
      self = .none("a repository without a commit")
      return
    }
    let wanted = TreeFiles.wanted(tree)
    let status = git(["status", "--short", "--untracked-files=all", "--ignore-submodules", "--"] + wanted)
    let used = Set(wanted)
    let dirty = (status ?? []).filter { used.contains(String($0.dropFirst(3))) }
    self = .commit(commit, dirty: dirty)
  }

  private static func git(_ arguments: [String], _ tree: URL, scratch: URL) -> [String]? {
    // Inside a hook or a rebase these would name another repository.
    let unset = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"].flatMap { ["-u", $0] }
    let command = unset + ["GIT_OPTIONAL_LOCKS=0", "git", "-c", "core.fsmonitor=false", "-C", tree.path] + arguments
    guard let env = Subprocess.find("env"),
      let result = Subprocess.run(env, command, in: scratch, log: scratch.appendingPathComponent("git.log")),
      result.status == 0
    else { return nil }
    return result.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// Writes the used files of a commit into a directory.
  /// - Returns: false if git cannot say what they were.
  static func export(_ commit: String, of tree: URL, to copy: URL, scratch: URL) -> Bool {
    let names = git(["ls-tree", "-r", "--name-only", commit, "--"] + TreeFiles.wanted(tree), tree, scratch: scratch)
    guard let files = names?.filter({ !$0.isEmpty }), !files.isEmpty else { return false }
    for file in files {
      // A newline at the end is lost with the split, or one is added: to a compiler it is the same.
      guard let lines = git(["show", "\(commit):\(file)"], tree, scratch: scratch),
        CacheFile.write(Array(lines.joined(separator: "\n").utf8), to: copy.appendingPathComponent(file)) == nil
      else { return false }
    }
    return true
  }

  private static func isHash(_ line: String) -> Bool {
    (line.utf8.count == 40 || line.utf8.count == 64) && line.allSatisfy(\.isHexDigit)
  }
}
