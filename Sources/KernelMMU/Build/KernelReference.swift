/// The commit behind a tree with local changes, built as the tree was: what a finding in the tree is held against.
import Foundation

extension KernelSubject {
  /// The tree's commit, and what it builds to.
  public struct Reference: Sendable {
    public var commit: String
    public var kernel: Result<KernelSubject, KernelBuildError>
  }

  /// - Returns: nil unless the tree is a checkout in which files that are used differ from its commit.
  public func reference() -> Reference? {
    let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("stress-reference-\(UUID().uuidString)")
    guard (try? FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)) != nil else {
      return nil
    }
    defer { try? FileManager.default.removeItem(at: scratch) }
    let tree = URL(fileURLWithPath: path, isDirectory: true)
    guard case .commit(let commit, let dirty) = GitState(tree, scratch: scratch), !dirty.isEmpty else { return nil }
    let copy = scratch.appendingPathComponent("tree", isDirectory: true)
    guard GitState.export(commit, of: tree, to: copy, scratch: scratch) else { return nil }
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
