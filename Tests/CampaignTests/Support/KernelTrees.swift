/// Kernels for tests, of the trees that scripts/kernel-tree has brought to this machine.
import Foundation
import KernelMMU
import TestSupport
import Testing

enum KernelTrees {
  static let why: Comment = "no kernel tree: scripts/kernel-tree 7.3 brings one"

  private static let cache = BroughtTrees.folder.path

  /// Of the releases that tests edit by their text, the newest that is there.
  static let newest = BroughtTrees.edited.first?.path

  /// One without mirror page tables.
  static let direct = BroughtTrees.direct?.path

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

  static let compilers = BroughtTrees.compilers

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
      try BroughtTrees.copy(URL(fileURLWithPath: source), to: URL(fileURLWithPath: tree))
      for (name, edits) in files { try edit("\(tree)/\(name)", edits) }
      return try body(tree)
    }
  }

  static func edit(_ file: String, _ edits: [(String, String)]) throws {
    try BroughtTrees.change(URL(fileURLWithPath: file)) { text in
      try edits.reduce(text) { text, edit in
        try #require(text.contains(edit.0), "the tree has no such text any more")
        return text.replacing(edit.0, with: edit.1, maxReplacements: 1)
      }
    }
  }
}
