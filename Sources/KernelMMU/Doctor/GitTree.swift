/// Asks git about a tree. Writes nothing into it, and runs nothing that its configuration names.
import Foundation

package struct GitTree {
  let tree: URL
  private let scratch: URL

  /// Nil where the tree has no commit of its own, with the reason.
  static func open(_ tree: URL, scratch: URL) -> Result<GitTree, Reason> {
    guard Subprocess.find("git") != nil else { return .failure(Reason("not known, git is not installed")) }
    let git = GitTree(tree: tree, scratch: scratch)
    // A tarball that was unpacked inside another repository has no commit of its own.
    guard let prefix = git.lines(["rev-parse", "--show-prefix"]) else {
      return .failure(Reason("none, or none that git may read here"))
    }
    guard prefix.first?.isEmpty ?? true else {
      return .failure(Reason("none of its own: it stands inside another repository"))
    }
    return .success(git)
  }

  /// Why nothing is known.
  struct Reason: Error {
    let text: String
    init(_ text: String) { self.text = text }
  }

  /// Nil if git fails.
  func lines(_ arguments: [String]) -> [String]? {
    output(arguments)?.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  func output(_ arguments: [String]) -> String? {
    // Inside a hook or a rebase these would name another repository.
    let unset = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"].flatMap { ["-u", $0] }
    let command =
      unset + ["GIT_OPTIONAL_LOCKS=0", "GIT_NO_LAZY_FETCH=1"]
      + ["git", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "-C", tree.path] + arguments
    guard let env = Subprocess.find("env"),
      let result = Subprocess.run(env, command, in: scratch, log: scratch.appendingPathComponent("git.log")),
      result.status == 0
    else { return nil }
    return result.output
  }

  /// The commit that a name stands for.
  func commit(_ name: String) -> String? {
    guard !name.hasPrefix("-") else { return nil }
    return lines(["rev-parse", "--verify", "--quiet", "\(name)^{commit}"])?.first { Self.isHash($0) }
  }

  /// Files that may differ from a commit, those that git does not know included. What git would have to read to be
  /// sure of is among them: reading is the caller's, as git would run what filters its configuration names.
  func candidates(from commit: String, _ paths: [String]) -> [String]? {
    guard let changed = lines(["diff-index", "--name-only", "--ignore-submodules", commit, "--"] + paths),
      let added = lines(["ls-files", "--others", "--exclude-standard", "--"] + paths)
    else { return nil }
    return Set(changed + added).filter { !$0.isEmpty }.sorted()
  }

  /// A file as a commit has it; nil if it has none.
  func contents(_ path: String, in commit: String) -> [UInt8]? {
    output(["cat-file", "blob", "\(commit):\(path)"]).map { Array($0.utf8) }
  }

  static func isHash(_ line: String) -> Bool {
    (line.utf8.count == 40 || line.utf8.count == 64) && line.allSatisfy(\.isHexDigit)
  }
}
