import Foundation
import KernelMMU
import TestSupport
import Testing

@Suite struct BuilderTests {
  @Test func `a directory that is no kernel is refused, and says what it lacks`() throws {
    let scratch = try OwnedScratch()
    #expect(throws: KernelBuildError.notAKernel(path: scratch.folder.path, missing: "Makefile")) {
      try KernelBuilder(tree: scratch.folder, cache: scratch.folder.appendingPathComponent("c")).build()
    }
    try scratch.write("all:\n\techo\n", to: "Makefile")
    #expect(throws: KernelBuildError.notAKernel(path: scratch.folder.path, missing: "Makefile with a kernel's version"))
    {
      try KernelBuilder(tree: scratch.folder, cache: scratch.folder.appendingPathComponent("c")).build()
    }
  }

  @Test func `a kernel without a TDP MMU is refused`() throws {
    let scratch = try OwnedScratch()
    try scratch.write("VERSION = 4\nPATCHLEVEL = 19\nSUBLEVEL = 1\nEXTRAVERSION =\n", to: "Makefile")
    #expect(throws: KernelBuildError.notAKernel(path: scratch.folder.path, missing: "arch/x86/kvm/mmu/tdp_mmu.c")) {
      try KernelBuilder(tree: scratch.folder, cache: scratch.folder.appendingPathComponent("c")).build()
    }
  }

  @Test func `a kernel with mirror roots and without the TDX that uses them is not supported`() throws {
    let scratch = try OwnedScratch()
    try scratch.write("VERSION = 6\nPATCHLEVEL = 14\n", to: "Makefile")
    for name in ["tdp_mmu", "tdp_iter", "spte"] { try scratch.write("\n", to: "arch/x86/kvm/mmu/\(name).c") }
    try scratch.write("enum { KVM_MIRROR_ROOTS };\n", to: "arch/x86/kvm/mmu/tdp_mmu.h")
    let error = #expect(throws: KernelBuildError.self) {
      try KernelBuilder(tree: scratch.folder, cache: scratch.folder.appendingPathComponent("c")).build()
    }
    #expect(
      "\(try #require(error))".contains("Linux 6.14.0 is not supported: it has mirror page tables, and not the TDX"))
    #expect(try leftovers(scratch.folder.appendingPathComponent("c")) == [])
  }

  /// What it has direct roots alone is no reason: what its files lack is.
  @Test func `a kernel from before mirror roots is built like any other`() throws {
    let scratch = try OwnedScratch()
    try scratch.write("VERSION = 6\nPATCHLEVEL = 12\n", to: "Makefile")
    for name in ["tdp_mmu", "tdp_iter", "spte"] { try scratch.write("\n", to: "arch/x86/kvm/mmu/\(name).c") }
    let error = #expect(throws: KernelBuildError.self) {
      try KernelBuilder(tree: scratch.folder, cache: scratch.folder.appendingPathComponent("c")).build()
    }
    if case .unsupported = try #require(error) { Issue.record("\(error as Any)") }
    #expect(try leftovers(scratch.folder.appendingPathComponent("c")) == [])
  }

  @Test(.enabled(if: !Trees.present.isEmpty))
  func `a kernel that lacks a definition is not supported, and the definition is named`() throws {
    let scratch = try OwnedScratch()
    let (tree, cache) = (try Trees.copy(to: scratch.folder), scratch.folder.appendingPathComponent("cache"))
    try Trees.edit(tree, "arch/x86/kvm/vmx/tdx.h") { $0.replacing("struct kvm_tdx {", with: "struct kvm_other {") }
    let error = #expect(throws: KernelBuildError.self) {
      try KernelBuilder(tree: tree, cache: cache, compiler: Trees.compilers.first).build()
    }
    #expect("\(try #require(error))".contains("wants struct kvm_tdx, which nothing defines"), "\(error as Any)")
    #expect(try leftovers(cache) == [])
  }

  @Test(.enabled(if: !Trees.present.isEmpty))
  func `a compiler that is not there is named`() throws {
    let scratch = try OwnedScratch()
    let tree = try #require(Trees.present.first.flatMap { Trees.path($0) })
    #expect(throws: KernelBuildError.noCompiler(tried: ["no-such-cc"])) {
      try KernelBuilder(tree: tree, cache: scratch.folder, compiler: "no-such-cc").build()
    }
    #expect(try leftovers(scratch.folder) == [])
  }

  @Test(.enabled(if: !Trees.present.isEmpty))
  func `a tree that does not ask whether a root is obsolete builds all the same`() throws {
    let scratch = try OwnedScratch()
    let tree = try Trees.copy(to: scratch.folder)
    let call = "is_obsolete_sp(vcpu->kvm, sp)"
    try Trees.edit(tree, "arch/x86/kvm/mmu/mmu.c") { text in
      #expect(text.contains(call))
      return text.replacing(call, with: "false")
    }
    let cache = scratch.folder.appendingPathComponent("cache")
    #expect(try KernelBuilder(tree: tree, cache: cache, compiler: Trees.compilers.first).build().isFresh)
  }

  @Test(.enabled(if: !Trees.present.isEmpty))
  func `the second build of a tree comes from the cache, an edited tree is built anew`() throws {
    let scratch = try OwnedScratch()
    let (tree, cache) = (try Trees.copy(to: scratch.folder), scratch.folder.appendingPathComponent("cache"))
    let builder = KernelBuilder(tree: tree, cache: cache, compiler: Trees.compilers.first)
    let first = try builder.build()
    #expect(first.isFresh)
    let second = try builder.build()
    #expect(!second.isFresh && second.object == first.object)
    try Trees.edit(tree, "arch/x86/kvm/mmu/tdp_iter.c") { $0 + "\n/* edited */\n" }
    let third = try builder.build()
    #expect(third.isFresh && third.key != first.key)
    #expect(try leftovers(cache) == [first.key, third.key].sorted())
    _ = try LoadedKernel(third)
  }

  @Test(.enabled(if: !Trees.present.isEmpty))
  func `a tree that does not compile shows the compiler's words and its own paths`() throws {
    let scratch = try OwnedScratch()
    let (tree, cache) = (try Trees.copy(to: scratch.folder), scratch.folder.appendingPathComponent("cache"))
    try Trees.edit(tree, "arch/x86/kvm/mmu/tdp_mmu.c") { "int broken = \"text\";\n" + $0 }
    let error = #expect(throws: KernelBuildError.self) {
      try KernelBuilder(tree: tree, cache: cache, compiler: Trees.compilers.first).build()
    }
    guard case .compilation(let file, let lines) = try #require(error) else {
      Issue.record("\(error as Any)")
      return
    }
    #expect(file == "arch/x86/kvm/mmu/tdp_mmu.c")
    #expect(try #require(lines.first).hasPrefix("arch/x86/kvm/mmu/tdp_mmu.c:1:"))
    #expect(lines.contains { $0.hasPrefix("arch/x86/kvm/mmu/tdp_mmu.c:1:14: error:") })
    #expect(try leftovers(cache) == [])
  }

  @Test(.enabled(if: !Trees.present.isEmpty))
  func `a call that nothing answers is found when linking`() throws {
    let scratch = try OwnedScratch()
    let (tree, cache) = (try Trees.copy(to: scratch.folder), scratch.folder.appendingPathComponent("cache"))
    try Trees.edit(tree, "arch/x86/kvm/mmu/tdp_mmu.c") {
      $0 + "\nvoid kvm_new_helper(void);\nvoid kvm_new_caller(void) { kvm_new_helper(); }\n"
    }
    let error = #expect(throws: KernelBuildError.self) {
      try KernelBuilder(tree: tree, cache: cache, compiler: Trees.compilers.first).build()
    }
    guard case .missing(let missing) = try #require(error) else {
      Issue.record("\(error as Any)")
      return
    }
    #expect(missing.name == "kvm_new_helper" && missing.declaredBy == nil)
  }

  @Test(.enabled(if: !Trees.present.isEmpty))
  func `what a killed build left is swept by the next`() throws {
    let scratch = try OwnedScratch()
    let (tree, cache) = (try Trees.copy(to: scratch.folder), scratch.folder.appendingPathComponent("cache"))
    // No process has this number: it is above the kernel's limit.
    try scratch.write("x", to: "cache/.building-4194999-abcdef/file")
    let built = try KernelBuilder(tree: tree, cache: cache, compiler: Trees.compilers.first).build()
    #expect(try leftovers(cache) == [built.key])
  }

  private func leftovers(_ cache: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: cache.path).sorted()
  }
}
