/// A directory in which one build happens: copies of the tree's files that are used, and nothing else of the tree.
///
/// The copies are what is hashed and what is compiled, so that a cache entry is never named after other contents than
/// it was made from. They are gone when the build ends, whichever way it ends.
import Foundation
import Glibc

package struct KernelStage {
  let root: URL
  let tree: URL
  /// The user's, for what is only looked for to be named.
  var original: URL { tree }
  /// What was copied: path in the tree, content.
  private(set) var files: [(path: String, bytes: [UInt8])] = []

  /// Compiled whole. The first tells a kernel tree from any other directory.
  static let sources = ["tdp_mmu.c", "tdp_iter.c", "spte.c"].map { "arch/x86/kvm/mmu/\($0)" }
  static let kvmHeaders = [
    "arch/x86/kvm/mmu.h", "arch/x86/kvm/mmu/mmu_internal.h", "arch/x86/kvm/mmu/mmutrace.h",
    "arch/x86/kvm/mmu/tdp_iter.h", "arch/x86/kvm/mmu/tdp_mmu.h", "arch/x86/kvm/mmu/spte.h",
  ]

  /// Directories of builds that died are swept: their names say whose they were.
  static func sweep(_ cache: URL) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: cache.path)) ?? []
    for name in names where owner(of: name).map({ !isAlive($0) }) ?? false {
      try? FileManager.default.removeItem(at: cache.appendingPathComponent(name))
    }
  }

  /// - Returns: nil if `name` is not that of a build's directory.
  static func owner(of name: String) -> pid_t? {
    guard name.hasPrefix(".building-") else { return nil }
    return name.split(separator: "-").dropFirst().first.flatMap { pid_t($0) }
  }

  static func isAlive(_ process: pid_t) -> Bool { kill(process, 0) == 0 || errno != ESRCH }

  init(in cache: URL, tree: URL) throws(KernelBuildError) {
    self.tree = tree
    if let code = CacheFile.makeFolder(cache) { throw .unwritable(cache, code) }
    Self.sweep(cache)
    var template = Array("\(cache.path)/.building-\(getpid())-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw .unwritable(cache, errno) }
    let bytes = template.dropLast().map { UInt8(bitPattern: $0) }
    root = URL(fileURLWithPath: String(decoding: bytes, as: UTF8.self), isDirectory: true)
  }

  func remove() { try? FileManager.default.removeItem(at: root) }

  /// Reads what a build may use, and copies to `compiled` what the compiler may find by quoted includes. What is absent
  /// is left out; the compiler says what it misses.
  mutating func copyTree() throws(KernelBuildError) {
    let compiled = Set(Self.sources + Self.kvmHeaders)
    for path in TreeFiles.wanted(tree) {
      guard let bytes = Self.contents(tree.appendingPathComponent(path)) else { continue }
      files.append((path, bytes))
      if compiled.contains(path) { try write(bytes, to: "compiled/\(path)") }
    }
  }

  /// Of what was copied.
  var treeHash: UInt64 { Self.hash(of: files) }

  static func hash(of files: [(path: String, bytes: [UInt8])]) -> UInt64 {
    var hash = ContentHash()
    for file in files { hash.add(file.path, file.bytes) }
    return hash.word
  }

  /// The first file that differs from what was copied.
  func changedFile() -> String? {
    files.first { Self.contents(tree.appendingPathComponent($0.path)) != $0.bytes }?.path
  }

  /// Include directories, the shim first: a whitelist, so that nothing else of the tree leaks in.
  /// - Parameter empty: headers of which nothing is needed, or which the shim answers.
  func includeDirectories(_ resources: KernelResources, empty: [String]) throws(KernelBuildError) -> [String] {
    for path in TreeFiles.real {
      guard let bytes = files.first(where: { $0.path == path })?.bytes else { continue }
      try write(bytes, to: "whitelist/\(TreeFiles.included(path))")
    }
    for name in empty { try write([], to: "stubs/\(name)") }
    let own = ["shim/custom", "shim/duplicates", "abi", "glue"].map { resources.root.appendingPathComponent($0).path }
    return own + ["generated", "whitelist", "stubs"].map { root.appendingPathComponent($0).path }
  }

  func write(_ bytes: [UInt8], to path: String) throws(KernelBuildError) {
    if let code = CacheFile.write(bytes, to: root.appendingPathComponent(path)) {
      throw .unwritable(root.deletingLastPathComponent(), code)
    }
  }

  static func contents(_ url: URL) -> [UInt8]? { (try? Data(contentsOf: url)).map(Array.init) }
}
