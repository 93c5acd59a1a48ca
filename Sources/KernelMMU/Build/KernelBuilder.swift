/// Makes a shared object of a user's kernel tree, or takes it from the cache.
import Foundation
import Glibc

package struct KernelBuilder: Sendable {
  package var tree: URL
  package var cache: URL
  /// The compiler's name or path; nil for `$CC`, or else whichever of clang and gcc is there.
  package var compiler: String?
  /// Accesses that the kernel does not annotate are schedule points too. Costs about half the speed.
  package var plainAccesses: Bool
  /// What of the kernel's code runs is counted.
  package var coverage = false
  /// What is known of single files; nil to compile them all.
  package var units: UnitCache? = UnitCache()

  package init(
    tree: URL, cache: URL = KernelBuilder.defaultCache, compiler: String? = nil, plainAccesses: Bool = false
  ) {
    self.tree = tree
    self.cache = cache
    self.compiler = compiler
    self.plainAccesses = plainAccesses
  }

  /// `${XDG_CACHE_HOME:-~/.cache}/stress/kernels`
  package static var defaultCache: URL {
    func variable(_ name: String) -> String? {
      ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
    // Foundation asks the password file first.
    let home = variable("HOME") ?? FileManager.default.homeDirectoryForCurrentUser.path
    let base = variable("XDG_CACHE_HOME") ?? "\(home)/.cache"
    return URL(fileURLWithPath: base).appendingPathComponent("stress/kernels")
  }

  /// Whatever is thrown, nothing half-built stays in the cache.
  package func build() throws(KernelBuildError) -> BuiltKernel {
    let version = try version()
    let resources = try KernelResources()
    var stage = try KernelStage(in: cache, tree: tree)
    defer { stage.remove() }
    try stage.copyTree()
    try refuseHalf(stage, version)
    let compiler = try Compiler.choose(compiler, scratch: stage.root)
    let key = key(stage, resources, compiler, version)
    let entry = cache.appendingPathComponent(key)
    let object = entry.appendingPathComponent(BuiltKernel.objectName)
    var kernel = BuiltKernel(
      object: object, key: key, treeHash: stage.treeHash, version: version.text, compiler: compiler.version,
      plainAccesses: plainAccesses, coverage: coverage, isFresh: false)
    if FileManager.default.fileExists(atPath: object.path) { return kernel }

    let made = stage.root.appendingPathComponent("entry", isDirectory: true)
    let results = UnitResults()
    var extraction = try KernelExtraction(
      stage: stage, resources: resources, compiler: compiler, version: version, known: units, made: results)
    while true {
      let result = try extraction.settle()
      let compilation = KernelCompilation(
        stage: stage, resources: resources, compiler: compiler, version: version, plainAccesses: plainAccesses,
        coverage: coverage, extraction: result, known: units, made: results)
      guard let missed = try compilation.run(into: made) else {
        try result.note(in: made)
        try compilation.use().write(in: made)
        break
      }
      if try !extraction.satisfy(linker: missed) { throw .linking(lines: compilation.lines(of: missed)) }
    }
    try CacheNote(
      version: version.text, compiler: compiler.version, plainAccesses: plainAccesses,
      tree: TreeName.text(stage.treeHash)
    ).write(in: made)
    if let file = stage.changedFile() { throw .changedWhileBuilding(file: file) }
    try publish(made, as: entry, object)
    units?.write(results)
    kernel.isFresh = true
    return kernel
  }

  private func version() throws(KernelBuildError) -> KernelVersion {
    guard let makefile = KernelStage.contents(tree.appendingPathComponent("Makefile")) else {
      throw .notAKernel(path: tree.path, missing: "Makefile")
    }
    guard let version = KernelVersion(makefile: String(decoding: makefile, as: UTF8.self)) else {
      throw .notAKernel(path: tree.path, missing: "Makefile with a kernel's version")
    }
    for source in KernelStage.sources
    where !FileManager.default.fileExists(atPath: tree.appendingPathComponent(source).path) {
      throw .notAKernel(path: tree.path, missing: source)
    }
    return version
  }

  /// Mirror roots need the TDX that tells what becomes of them.
  private func refuseHalf(_ stage: KernelStage, _ version: KernelVersion) throws(KernelBuildError) {
    let roots = TreeRoots { path in stage.files.first { $0.path == path }?.bytes }
    guard roots != .mirrorWithoutTdx else {
      throw .unsupported(
        version: version.text,
        reason: "it has mirror page tables, and not the TDX that uses them, as Linux has since 6.16")
    }
  }

  /// All that goes in: the tree's files, the tool's, the flags and the compiler.
  private func key(
    _ stage: KernelStage, _ resources: KernelResources, _ compiler: Compiler, _ version: KernelVersion
  ) -> String {
    var hash = ContentHash()
    for file in stage.files { hash.add(file.path, file.bytes) }
    for path in resources.files() {
      hash.add(path, KernelStage.contents(resources.root.appendingPathComponent(path)) ?? [])
    }
    let arguments = KernelCompilation.arguments(stage: "STAGE", tool: "TOOL", version: version)
    let kernel = compiler.kernelFlags(plainAccesses: plainAccesses, coverage: coverage)
    let counting = coverage ? Compiler.coverageFlags + [Compiler.coverageScript] : []
    for flag in arguments + kernel + counting + Compiler.linkFlags + [compiler.path, compiler.version] {
      hash.add(flag, [])
    }
    hash.add("use \(SourceUse.formatVersion)", [])
    return hash.text
  }

  /// Renamed into place. Another process may have been faster, with the same content.
  private func publish(_ made: URL, as entry: URL, _ object: URL) throws(KernelBuildError) {
    guard rename(made.path, entry.path) != 0 else { return }
    if FileManager.default.fileExists(atPath: object.path) { return }
    // Of this name, and no kernel in it: somebody has taken it out.
    try? FileManager.default.removeItem(at: entry)
    guard rename(made.path, entry.path) != 0 else { return }
    let code = errno
    if !FileManager.default.fileExists(atPath: object.path) { throw .unwritable(cache, code) }
  }
}

/// A kernel in the cache.
package struct BuiltKernel: Sendable, Equatable {
  static let objectName = "kernel.so"

  package var object: URL
  /// Names the content: the tree's files that are used, the tool's own, flags and compiler.
  package var key: String
  /// Names the tree's files that are used, and nothing else.
  package var treeHash: UInt64
  /// For example `7.3.4`.
  package var version: String
  package var compiler: String
  /// Accesses that the kernel does not annotate are schedule points too.
  package var plainAccesses: Bool
  /// What of its code runs is counted.
  package var coverage = false
  /// Built by this call, not found in the cache.
  package var isFresh: Bool

  /// Which functions of the tree are in it.
  package var use: SourceUse? { SourceUse(in: object.deletingLastPathComponent()) }
}
