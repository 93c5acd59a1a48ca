/// Of a kernel tree a test changes a copy.
import Foundation
import TestSupport
import Testing

@Suite struct BroughtTreesTests {
  @Test func `what a build does not look at, or the tree does not have, is not copied`() throws {
    try Scratch.use { scratch in
      try scratch.write("VERSION = 7\n", to: "tree/Makefile")
      try scratch.write("int x;\n", to: "tree/arch/x86/kvm/mmu/tdp_mmu.c")
      try scratch.write("int y;\n", to: "tree/sound/core.c")
      let copy = scratch.folder.appendingPathComponent("copy")
      try BroughtTrees.copy(scratch.folder.appendingPathComponent("tree"), to: copy)
      #expect(scratch.contents(of: "copy") == ["Makefile", "arch"])
      #expect(scratch.text("copy/arch/x86/kvm/mmu/tdp_mmu.c") == "int x;\n")
    }
  }

  @Test func `a change of a link leaves what it led to`() throws {
    try Scratch.use { scratch in
      try scratch.write("old", to: "file")
      let link = scratch.folder.appendingPathComponent("link")
      try FileManager.default.linkItem(at: scratch.folder.appendingPathComponent("file"), to: link)
      try BroughtTrees.change(link) { "\($0) and new" }
      #expect(scratch.text("file") == "old" && scratch.text("link") == "old and new")
    }
  }
}
