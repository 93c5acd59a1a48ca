/// A `git bisect` that is under way in a tree, and what this command has seen of its ends.
///
/// `git bisect run` tests neither end. Where the bad one does not fail under the command, or the good one does, it
/// names a commit all the same, and that one is innocent. So the exit codes of what was tested are kept, by commit and
/// command, and a commit between two ends is tested only once both ends are known to be what git was told.
import Foundation

package struct BisectSession {
  let head: String
  let bad: String
  let good: [String]

  /// - Returns: nil if none is under way, or git cannot tell.
  package init?(_ tree: URL) {
    let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("stress-git-\(UUID().uuidString)")
    try? FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    guard case .success(let git) = GitTree.open(tree, scratch: scratch), let head = git.commit("HEAD"),
      let refs = git.lines(["for-each-ref", "--format=%(objectname) %(refname)", "refs/bisect/"])
    else { return nil }
    self.init(head: head, refs: refs)
  }

  /// - Parameter refs: those below `refs/bisect/`, each behind its commit. What is good or bad may have other names.
  init?(head: String, refs: [String]) {
    var (bad, good) = (String?.none, [String]())
    for ref in refs {
      let words = ref.split(separator: " ").map(String.init)
      guard words.count == 2, let name = words[1].split(separator: "/").last else { continue }
      let parts = name.split(separator: "-")
      if parts.count > 1, GitTree.isHash(String(parts[parts.count - 1])) {
        if parts[0] != "skip" { good.append(words[0]) }
      } else {
        bad = words[0]
      }
    }
    guard let bad else { return nil }
    self.head = head
    self.bad = bad
    self.good = good
  }

  /// What is to be done before a commit between the ends can be judged; nil if it can be.
  package func refusal(_ verdicts: BisectVerdicts) -> String? {
    if head == bad || good.contains(head) { return nil }
    func end(_ commit: String, _ word: String, _ status: Int32) -> String? {
      guard verdicts.status(of: commit) != status else { return nil }
      let seen = verdicts.status(of: commit).map { "it ended with \($0)" } ?? "it was not run"
      return "git bisect takes \(commit.prefix(12)) for \(word), but of this command that is not known: there \(seen), "
        + "and must end with \(status); run it on both ends first, see docs/kernel.md"
    }
    return end(bad, "bad", 1) ?? good.lazy.compactMap { end($0, "good", 0) }.first
  }
}

/// Exit codes of one command, by commit, in the user's cache.
package struct BisectVerdicts {
  private let folder: URL
  private let command: String

  /// - Parameter arguments: of the command; with others it is another.
  package init(arguments: [String], cache: URL = KernelBuilder.defaultCache) {
    folder = cache.deletingLastPathComponent().appendingPathComponent("bisect")
    var hash = ContentHash()
    for argument in arguments { hash.add(argument, []) }
    command = hash.text
  }

  package func status(of commit: String) -> Int32? {
    (try? String(contentsOf: file(commit), encoding: .utf8)).flatMap { Int32($0.split(separator: "\n").first ?? "") }
  }

  /// One that cannot be kept is not known later, and then nothing is judged by it.
  package func note(_ status: Int32, of tree: URL) {
    let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("stress-git-\(UUID().uuidString)")
    try? FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    guard case .success(let git) = GitTree.open(tree, scratch: scratch), let head = git.commit("HEAD") else { return }
    _ = CacheFile.write(Array("\(status)\n".utf8), to: file(head))
  }

  private func file(_ commit: String) -> URL { folder.appendingPathComponent("\(commit)-\(command)") }
}
