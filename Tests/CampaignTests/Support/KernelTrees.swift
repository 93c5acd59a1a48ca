/// Kernels for tests, of the trees that scripts/kernel-tree has brought to this machine.
import Foundation
import KernelMMU
import Testing

enum KernelTrees {
  static let why: Comment = "no kernel tree: scripts/kernel-tree 7.3 brings one"

  private static let cache: String = {
    let environment = ProcessInfo.processInfo.environment
    let base = environment["XDG_CACHE_HOME"] ?? "\(environment["HOME"] ?? "/")/.cache"
    return "\(base)/stress/kernel-trees"
  }()

  /// Of the releases that tests edit by their text, the newest that is there.
  static let newest = ["7.3", "7.2"].map { "\(cache)/\($0)" }
    .first { FileManager.default.fileExists(atPath: "\($0)/Makefile") }

  /// One without mirror page tables.
  static let direct = ["6.12"].map { "\(cache)/\($0)" }
    .first { FileManager.default.fileExists(atPath: "\($0)/Makefile") }

  /// All that are there and have mirror page tables, whoever has brought them, by name.
  static let all: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: cache)) ?? []
    return names.filter { !$0.hasPrefix(".") }.sorted().map { "\(cache)/\($0)" }
      .filter { tree in
        let header = try? String(contentsOfFile: "\(tree)/arch/x86/kvm/mmu/tdp_mmu.h", encoding: .utf8)
        return header?.contains("KVM_MIRROR_ROOTS") ?? false
      }
  }()

  /// Those whose aging clears bits whatever the SPTE holds.
  static let agingByAnd = all.filter { tree in
    let tdpMmu = try? String(contentsOfFile: "\(tree)/arch/x86/kvm/mmu/tdp_mmu.c", encoding: .utf8)
    return tdpMmu?.contains("tdp_mmu_clear_spte_bits_atomic(iter->sptep,") ?? false
  }

  /// One of a release, for example `7.1`.
  static func tree(of release: String) -> String? {
    all.first { tree in
      let name = tree.split(separator: "/").last.map(String.init) ?? ""
      return name == release || name.hasPrefix(release + ".")
    }
  }

  static let compilers = ["clang", "gcc"].filter { name in
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
  }

  static func kernel(compiler: String? = nil, plainAccesses: Bool = false) throws -> KernelSubject {
    try KernelSubject.open(#require(newest), compiler: compiler, plainAccesses: plainAccesses)
  }

  /// A kernel with one thing changed in a file, which must be there to be changed.
  static func broken(
    _ edits: [(String, String)], in name: String = "arch/x86/kvm/mmu/tdp_mmu.c", plainAccesses: Bool = false
  ) throws -> KernelSubject {
    try broken([name: edits], plainAccesses: plainAccesses)
  }

  /// The same in several files.
  static func broken(_ files: [String: [(String, String)]], plainAccesses: Bool = false) throws -> KernelSubject {
    try withTree(files) { try KernelSubject.open($0, plainAccesses: plainAccesses) }
  }

  /// A tree so changed, while `body` runs.
  static func withTree<Result>(
    _ files: [String: [(String, String)]], of tree: String? = newest, _ body: (_ tree: String) throws -> Result
  ) throws -> Result {
    let source = try #require(tree)
    return try Scratch.use { scratch in
      let tree = scratch.file("tree")
      for path in TreeFiles.wanted(URL(fileURLWithPath: source)) {
        let (origin, target) = (URL(fileURLWithPath: "\(source)/\(path)"), URL(fileURLWithPath: "\(tree)/\(path)"))
        guard FileManager.default.fileExists(atPath: origin.path) else { continue }
        try FileManager.default.createDirectory(
          at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: origin, to: target)
      }
      for (name, edits) in files { try edit("\(tree)/\(name)", edits) }
      return try body(tree)
    }
  }

  static func edit(_ file: String, _ edits: [(String, String)]) throws {
    var text = try String(contentsOfFile: file, encoding: .utf8)
    for (before, after) in edits {
      try #require(text.contains(before), "the tree has no such text any more")
      text = text.replacing(before, with: after, maxReplacements: 1)
    }
    try FileManager.default.removeItem(atPath: file)
    try text.write(toFile: file, atomically: false, encoding: .utf8)
  }
}
