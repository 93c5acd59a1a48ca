/// `scripts/kernel-tree import` and `list`, with trees of a few files and a cache of their own.
import Foundation
import Testing

@Suite struct KernelTreeScriptTests {
  private static let scripts = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("scripts")

  private func script(
    _ arguments: [String], of name: String = "kernel-tree", in scratch: Scratch
  ) throws -> StressCommand.Result {
    let tool = try #require(StressCommand.executablePath)
    let environment = ["/usr/bin/env", "XDG_CACHE_HOME=\(scratch.file("my cache"))", "STRESS=\(tool)"]
    let shell = ["/bin/sh", "-c", "exec \"$@\"", "sh", Self.scripts.appendingPathComponent(name).path]
    // What the launcher is told to run comes last, the tool itself: a shell takes it away.
    let cut = ["/bin/bash", "-c", "exec \"${@:1:$#-1}\"", "bash"]
    return try StressCommand.start([], in: scratch, through: cut + environment + shell + arguments).finish()
  }

  private func tree(
    _ name: String, in scratch: Scratch, version: String = "VERSION = 6\nPATCHLEVEL = 18\nSUBLEVEL = 2\n"
  )
    throws
  {
    let files = [
      "Makefile": version, "arch/x86/kvm/mmu/tdp_mmu.c": "int mmu;\n",
      "arch/x86/kvm/mmu/tdp_mmu.h": "KVM_MIRROR_ROOTS\n", "arch/x86/include/asm/vmx.h": "int vmx;\n",
      "include/linux/list.h": "int list;\n", "arch/x86/kvm/mmu/tdp_mmu.o": "built", "mm/slab.c": "int slab;\n",
    ]
    for (path, text) in files {
      let file = URL(fileURLWithPath: scratch.file("\(name)/\(path)"))
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
  }

  @Test func `a tree is imported under a name, and listed with its version`() throws {
    try Scratch.use { scratch in
      try tree("my linux", in: scratch)
      let imported = try script(["import", "my linux", "stable-1"], in: scratch)
      let path = scratch.file("my cache/stress/kernel-trees/stable-1")
      #expect(imported.status == 0 && imported.output == path + "\n")
      #expect(imported.errors.contains("Linux 6.18.2 is now in the cache as stable-1"))
      func holds(_ file: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(file)") }
      #expect(holds("Makefile") && holds("arch/x86/kvm/mmu/tdp_mmu.c") && holds("include/linux/list.h"))
      #expect(!holds("mm") && !holds("arch/x86/kvm/mmu/tdp_mmu.o"))
      let listed = try script(["list"], in: scratch)
      #expect(listed.status == 0)
      #expect(listed.output.contains("stable-1    Linux 6.18.2    \(path)\n"))
      #expect(listed.lastOutputLine == "not there: Linux 6.12 6.16 6.17 6.19 7.0 7.1 7.2 7.3")
    }
  }

  @Test func `a tree with direct roots alone is listed as what it is, and no mutant is tried on it unasked`() throws {
    try Scratch.use { scratch in
      try tree("linux", in: scratch)
      try scratch.write("KVM_DIRECT_ROOTS\n", to: "linux/arch/x86/kvm/mmu/tdp_mmu.h")
      #expect(try script(["import", "linux", "old"], in: scratch).status == 0)
      #expect(try script(["list"], in: scratch).output.contains("  (direct roots only)\n"))
      let result = try script(["--only", "no-freeze"], of: "kernel-mutants", in: scratch)
      #expect(result.status == 64 && result.errors.contains("no kernel tree here"))
    }
  }

  @Test func `a tree of links, as of a copy that costs nothing, is imported as files`() throws {
    try Scratch.use { scratch in
      try tree("linux", in: scratch)
      try FileManager.default.createDirectory(atPath: scratch.file("links"), withIntermediateDirectories: true)
      for name in ["Makefile", "arch", "include"] {
        try FileManager.default.createSymbolicLink(
          atPath: scratch.file("links/\(name)"), withDestinationPath: scratch.file("linux/\(name)"))
      }
      #expect(try script(["import", "links", "x"], in: scratch).status == 0)
      try FileManager.default.removeItem(atPath: scratch.file("linux"))
      #expect(scratch.text("my cache/stress/kernel-trees/x/arch/x86/include/asm/vmx.h") == "int vmx;\n")
    }
  }

  @Test func `a name that is taken stays what it was`() throws {
    try Scratch.use { scratch in
      try tree("linux", in: scratch)
      #expect(try script(["import", "linux", "7.1"], in: scratch).status == 0)
      try scratch.write("int other;\n", to: "linux/arch/x86/kvm/mmu/tdp_mmu.c")
      let again = try script(["import", "linux", "7.1"], in: scratch)
      #expect(again.status == 64 && again.errors.contains("there is a tree named 7.1 already"))
      #expect(scratch.text("my cache/stress/kernel-trees/7.1/arch/x86/kvm/mmu/tdp_mmu.c") == "int mmu;\n")
    }
  }

  @Test(arguments: [
    ("missing", "does not exist"), ("file", "is no folder"), ("empty", "no Makefile with a kernel's version"),
    ("half", "it has no arch/x86/include"), ("old", "has no TDP MMU"),
  ])
  func `what is no kernel tree is refused in one line, and leaves nothing behind`(name: String, why: String) throws {
    try Scratch.use { scratch in
      try scratch.write("x", to: "file")
      try FileManager.default.createDirectory(atPath: scratch.file("empty"), withIntermediateDirectories: true)
      try tree("half", in: scratch)
      try FileManager.default.removeItem(atPath: scratch.file("half/arch/x86/include"))
      try tree("old", in: scratch)
      try FileManager.default.removeItem(atPath: scratch.file("old/arch/x86/kvm/mmu/tdp_mmu.c"))
      let result = try script(["import", name, "x"], in: scratch)
      #expect(result.status == 64 && result.output.isEmpty)
      #expect(result.errorLines.count == 1 && result.errors.contains(why), "\(result.errors)")
      #expect(!FileManager.default.fileExists(atPath: scratch.file("my cache")))
    }
  }

  @Test(arguments: ["../x", "-x", "a/b", "", "list", ".x"]) func `a name that would lead elsewhere is none`(
    name: String
  )
    throws
  {
    try Scratch.use { scratch in
      try tree("linux", in: scratch)
      let result = try script(["import", "linux", name], in: scratch)
      #expect(result.status == 64 && result.errors.contains("'\(name)' is no name for a tree"))
    }
  }

  @Test func `what cannot be copied leaves no tree`() throws {
    try Scratch.use { scratch in
      try tree("linux", in: scratch)
      try FileManager.default.createSymbolicLink(
        atPath: scratch.file("linux/include/linux/lost.h"), withDestinationPath: scratch.file("nowhere"))
      let result = try script(["import", "linux", "x"], in: scratch)
      #expect(result.status == 70 && result.errors.contains("could not be copied"))
      let names = try FileManager.default.contentsOfDirectory(atPath: scratch.file("my cache/stress/kernel-trees"))
      #expect(names == [".lock"])
    }
  }

  // MARK: Who uses them

  @Test func `mutants are tried on every tree that is there, and what is not there is named`() throws {
    try Scratch.use { scratch in
      try tree("linux", in: scratch)
      for name in ["a", "b"] { #expect(try script(["import", "linux", name], in: scratch).status == 0) }
      let result = try script(["--only", "no-freeze"], of: "kernel-mutants", in: scratch)
      // Written for another release: that it fits nowhere is no error of an older one.
      #expect(result.status == 0, "\(result.errors)")
      for name in ["a", "b"] { #expect(result.output.contains("\n\(name): 0 of 1 mutants fit")) }
      #expect(result.lastOutputLine.hasPrefix("not tested: no tree of Linux 6.12, 6.16, 6.17, 6.19, "))
    }
  }

  @Test func `a mutant that fits no place in a tree of its own release is an error`() throws {
    try Scratch.use { scratch in
      try tree("linux", in: scratch, version: "VERSION = 7\nPATCHLEVEL = 3\n")
      let result = try script(["--only", "no-freeze", scratch.file("linux")], of: "kernel-mutants", in: scratch)
      #expect(result.status == 2 && result.output.contains("no place for: no-freeze"))
    }
  }
}
