/// The commit behind a tree with changes, built as the tree was: what a finding in the tree is held against.
import Foundation

extension KernelSubject {
  /// The commit that changes are told from, and what it builds to.
  package struct Reference: Sendable {
    package var commit: String
    package var kernel: Result<KernelSubject, KernelBuildError>
  }

  /// - Returns: nil unless the tree is a checkout in which files that are used differ from that commit: the one that is
  ///   checked out, or another that the tree was opened with.
  package func reference() -> Reference? {
    let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("stress-reference-\(UUID().uuidString)")
    guard (try? FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)) != nil else {
      return nil
    }
    defer { try? FileManager.default.removeItem(at: scratch) }
    let tree = URL(fileURLWithPath: path, isDirectory: true)
    guard case .commit(let head, let dirty) = GitState(tree, scratch: scratch) else { return nil }
    let commit = origin.base ?? head
    guard commit != head || !dirty.isEmpty else { return nil }
    let copy = scratch.appendingPathComponent("tree", isDirectory: true)
    guard GitState.export(commit, of: tree, to: copy, scratch: scratch) else { return nil }
    if dirty.isEmpty {
      let paths = Set(TreeFiles.wanted(tree) + TreeFiles.wanted(copy))
      let differ = paths.contains { path in
        KernelStage.contents(tree.appendingPathComponent(path))
          != KernelStage.contents(copy.appendingPathComponent(path))
      }
      guard differ else { return nil }
    }
    return Reference(commit: commit, kernel: Result { () throws(KernelBuildError) in try built(from: copy) })
  }

  private func built(from copy: URL) throws(KernelBuildError) -> KernelSubject {
    let builder = KernelBuilder(tree: copy, compiler: compiler, plainAccesses: plainAccesses)
    var clean = try KernelSubject(try builder.build(), path: path)
    clean.checksRaces = checksRaces
    clean.hangLimit = hangLimit
    return clean
  }
}
