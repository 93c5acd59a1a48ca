/// A folder of a test holds what is written to it, and is gone with it however the test ends.
import Foundation
import TestSupport
import Testing

@Suite struct ScratchTests {
  private struct Stop: Error {}

  @Test func `what is written is read, and there is nothing else`() throws {
    try Scratch.use { scratch in
      #expect(scratch.contents() == [])
      try scratch.write("text", to: "a/b.txt")
      try scratch.write([0x78], to: ".hidden")
      #expect(scratch.text("a/b.txt") == "text" && scratch.text(".hidden") == "x" && scratch.text("c") == "")
      #expect(scratch.contents() == [".hidden", "a"] && scratch.contents(of: "a") == ["b.txt"])
      #expect(scratch.contents(of: "nowhere") == [])
    }
  }

  @Test func `it is there while it is used, also by a test that throws, and gone afterwards`() throws {
    var paths: [String] = []
    func isThere(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
    #expect(throws: Stop.self) {
      try Scratch.use { scratch in
        paths.append(scratch.path)
        try scratch.write("", to: "file")
        #expect(isThere(scratch.path))
        throw Stop()
      }
    }
    do {
      let owned = try OwnedScratch()
      paths.append(owned.folder.path)
      try owned.write("", to: "file")
      #expect(isThere(owned.folder.path))
    }
    #expect(Set(paths).count == 2 && !paths.contains(where: isThere))
  }
}
