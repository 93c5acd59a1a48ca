/// What is remembered of single files changes nothing in what is made of a tree.
import Foundation
import KernelMMU
import TestSupport
import Testing

@Suite struct UnitCacheTests {
  private static func build(_ tree: URL, _ scratch: borrowing OwnedScratch, units: UnitCache?) throws -> BuiltKernel {
    let cache = scratch.folder.appendingPathComponent("cache-\(UUID().uuidString)")
    var builder = KernelBuilder(tree: tree, cache: cache, compiler: Trees.compilers.first)
    builder.units = units
    return try builder.build()
  }

  private static func files(_ kernel: BuiltKernel) throws -> [String: Data] {
    let entry = kernel.object.deletingLastPathComponent()
    let names = try FileManager.default.contentsOfDirectory(atPath: entry.path)
    return try Dictionary(
      uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: entry.appendingPathComponent($0))) })
  }

  @Test(.enabled(if: !Trees.present.isEmpty))
  func `an edited tree makes with what is remembered what it makes without`() throws {
    let scratch = try OwnedScratch()
    let tree = try Trees.copy(to: scratch.folder)
    try scratch.write("#define EXTRA 1\n", to: "tree/arch/x86/kvm/mmu/extra.h")
    _ = try Self.build(tree, scratch, units: UnitCache())
    // A file that is compiled whole, and one that definitions are taken of.
    try Trees.edit(tree, "arch/x86/kvm/mmu/tdp_mmu.c") { $0.replacing("is_leaf ? 1 : -1", with: "is_leaf ? 1 : 0") }
    try Trees.edit(tree, "arch/x86/kvm/mmu/mmu.c") { $0.replacing("is_obsolete_sp(vcpu->kvm, sp)", with: "false") }
    // A header that some include, and one that a file includes now and did not before.
    try Trees.edit(tree, "arch/x86/kvm/mmu/tdp_iter.h") { "\n" + $0 }
    try Trees.edit(tree, "arch/x86/kvm/mmu/tdp_iter.c") { "#include \"extra.h\"\n" + $0 }
    let quick = try Self.files(Self.build(tree, scratch, units: UnitCache()))
    let whole = try Self.files(Self.build(tree, scratch, units: nil))
    #expect(quick.count > 2 && quick == whole)
  }

  /// With the compiler that the tests above do not take.
  @Test(.enabled(if: !Trees.present.isEmpty))
  func `the same files make the same object wherever they stand, and of an edited tree only what reads the file is`()
    throws
  {
    let scratch = try OwnedScratch()
    let command = try #require(Trees.compilers.last)
    let units = UnitCache(folder: scratch.folder.appendingPathComponent("units"))
    let tree = try Trees.copy(to: scratch.folder)
    try scratch.scratch.writeProgram(
      """
      #!/bin/sh
      for word; do case $word in -c) echo "$@" >>"\(scratch.folder.path)/compiled" ;; esac; done
      exec \(command) "$@"

      """, to: "cc")
    let compiler = scratch.folder.appendingPathComponent("cc").path
    let log = scratch.folder.appendingPathComponent("compiled")
    func build(_ tree: URL, _ cache: String = "cache") throws -> (kernel: BuiltKernel, compiled: [String]) {
      var builder = KernelBuilder(
        tree: tree, cache: scratch.folder.appendingPathComponent(cache), compiler: compiler)
      builder.units = units
      let kernel = try builder.build()
      let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
      try? FileManager.default.removeItem(at: log)
      return (kernel, text.split(separator: "\n").map { $0.split(separator: "/").last.map(String.init) ?? "" })
    }
    let first = try build(tree)
    #expect(first.compiled.count > 10)
    let original = try #require(Trees.present.first.flatMap { Trees.path($0) })
    let again = try build(original, "cache-again")
    #expect(again.kernel.key == first.kernel.key && again.compiled == [])
    // Made of parts that other trees' builds have left, or of its own; those of the first were all made in its place.
    let there = try KernelBuilder(
      tree: original, cache: scratch.folder.appendingPathComponent("cache-there"), compiler: command
    ).build()
    #expect(try Data(contentsOf: there.object) == Data(contentsOf: first.kernel.object))
    try Trees.edit(tree, "arch/x86/kvm/mmu/tdp_mmu.c") { $0 + "\n" }
    #expect(try build(tree).compiled == ["tdp_mmu.c"])
  }

  @Test func `an entry that was not written to its end is none`() throws {
    let scratch = try OwnedScratch()
    let units = UnitCache(folder: scratch.folder.appendingPathComponent("units"))
    let made = UnitResults()
    made.add("0", .object) { Array("an object".utf8) }
    made.add("1", .checked) { [] }
    units.write(made)
    #expect(units.read("0", .object) == Array("an object".utf8) && units.read("1", .checked) == [])
    #expect(units.read("0", .checked) == nil)
    for name in try FileManager.default.contentsOfDirectory(atPath: units.folder.path) {
      let file = units.folder.appendingPathComponent(name)
      try Data(contentsOf: file).dropLast(1).write(to: file)
    }
    #expect(units.read("0", .object) == nil && units.read("1", .checked) == nil)
  }

  @Test func `a cache that is emptied forgets single files too`() throws {
    let scratch = try OwnedScratch()
    try scratch.write("x", to: "stress/units/0.object")
    try scratch.write("x", to: "stress/kernel-trees/7.3/Makefile")
    _ = try KernelCache(root: scratch.folder.appendingPathComponent("stress/kernels")).clean()
    let left = try FileManager.default.contentsOfDirectory(atPath: scratch.folder.appendingPathComponent("stress").path)
    #expect(left == ["kernel-trees"])
  }

  @Test(arguments: [
    ("#include <a/b.h>\n # \tinclude \"c.h\"\nint x;\n/* */ #include <d.h>\n", ["a/b.h", "c.h", "d.h"]),
    ("#define include\n# define X #x\nint include(void);\n", []),
    ("#include TRACE_FILE\n", nil), ("#include_next <a.h>\n", nil), ("#include <a.h\n", nil), ("#include", nil),
    ("#embed \"x\"\n", nil),
  ])
  func `what a file includes is found, or known not to be`(text: String, names: [String]?) {
    #expect(UnitInputs.includes(Array(text.utf8)) == names)
  }
}
