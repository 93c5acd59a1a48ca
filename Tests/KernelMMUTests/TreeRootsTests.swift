/// Which roots a tree has, told from its text; and a tree without mirror roots, built.
import Foundation
import KernelMMU
import TestSupport
import Testing

@Suite struct TreeRootsTests {
  private static let header = "arch/x86/kvm/mmu/tdp_mmu.h"
  private static let tdx = "arch/x86/kvm/vmx/tdx.c"
  private static let mirrors = "enum kvm_tdp_mmu_root_types {\n\tKVM_MIRROR_ROOTS = BIT(2),\n};\n"

  private func roots(_ files: [String: String]) -> TreeRoots { TreeRoots { files[$0].map { Array($0.utf8) } } }

  @Test func `mirror roots stand in a header, and the TDX that uses them in tdx_c`() {
    #expect(roots([Self.header: Self.mirrors, Self.tdx: "int x;\n"]) == .mirrorAndDirect)
    #expect(roots([Self.header: Self.mirrors]) == .mirrorWithoutTdx)
    #expect(roots([Self.header: "int kvm_tdp_mmu_map(void);\n"]) == .directOnly)
    // The TDX of a patch that KVM does not know yet.
    #expect(roots([Self.header: "\n", Self.tdx: "int x;\n"]) == .directOnly)
    #expect(roots([:]) == .directOnly)
  }

  @Test func `only a tree with mirror roots has to have tdx_c`() {
    #expect(TreeFiles.required(.mirrorAndDirect).contains(Self.tdx))
    #expect(TreeFiles.required(.mirrorWithoutTdx).contains(Self.tdx))
    #expect(!TreeFiles.required(.directOnly).contains(Self.tdx))
    #expect(TreeFiles.required(.directOnly).contains(Self.header))
  }

  /// What each command refuses private memory with.
  @Test func `the version stands in the reason, and what is no kernel has none`() throws {
    let scratch = try OwnedScratch()
    #expect(TreeRoots.objection(to: scratch.folder.path) == nil)
    try scratch.write("VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 5\n", to: "Makefile")
    #expect(TreeRoots.objection(to: scratch.folder.path) == nil)
    try scratch.write("\n", to: "arch/x86/kvm/mmu/tdp_mmu.c")
    let reason = "Linux 6.12.5 has no mirror page tables: direct roots only, so no private memory"
    #expect(TreeRoots.objection(to: scratch.folder.path) == reason)
    try scratch.write(Self.mirrors, to: Self.header)
    #expect(TreeRoots.objection(to: scratch.folder.path) == nil)
  }

  @Test(
    .enabled(if: Trees.direct != nil, "no kernel tree: scripts/kernel-tree 6.12 brings one"),
    arguments: Trees.compilers)
  func `a tree of direct roots builds, and says what it has`(compiler: String) throws {
    let scratch = try OwnedScratch()
    let tree = try #require(Trees.direct)
    let built = try KernelBuilder(tree: tree, cache: scratch.folder, compiler: compiler).build()
    let kernel = try KernelSubject(built, path: tree.path)
    #expect(!kernel.hasMirrorRoots)
    let functions = (built.use?.files ?? []).flatMap(\.functions)
    #expect(functions.contains { $0.name == "kvm_tdp_mmu_zap_collapsible_sptes" && $0.state == .used })
  }

  @Test(.enabled(if: !Trees.present.isEmpty), arguments: Trees.present)
  func `a tree of mirror roots says that it has them`(version: String) throws {
    let scratch = try OwnedScratch()
    let tree = try #require(Trees.path(version))
    let builder = KernelBuilder(tree: tree, cache: scratch.folder, compiler: Trees.compilers.first)
    #expect(try KernelSubject(builder.build(), path: tree.path).hasMirrorRoots)
  }
}
