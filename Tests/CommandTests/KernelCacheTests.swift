import Foundation
import Testing

/// `stress kernel list` and `stress kernel clean`.
@Suite struct KernelCacheTests {
  private static let key = "0123456789abcdef0123456789abcdef"
  private static let linked = "ffffffffffffffffffffffffffffffff"
  private static let dead = ".building-4194999-abcdef"

  private func run(_ command: String, in scratch: Scratch) throws -> StressCommand.Result {
    let environment = ["/usr/bin/env", "XDG_CACHE_HOME=\(scratch.file("cache"))"]
    return try StressCommand.start(["kernel", command], in: scratch, through: environment).finish()
  }

  private func write(_ text: String, to path: String, in scratch: Scratch) throws {
    let file = scratch.folder.appendingPathComponent(path)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  private func names(_ scratch: Scratch) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: scratch.file("cache/stress/kernels"))) ?? []).sorted()
  }

  private var live: String { ".building-\(getpid())-abcdef" }

  /// A kernel, a killed build, a build that goes on, a stranger's file, and a link that has a kernel's name.
  private func fill(_ scratch: Scratch) throws {
    let cache = "cache/stress/kernels"
    try write("7.3.4\ngcc (tiny) 1.0\n", to: "\(cache)/\(Self.key)/about", in: scratch)
    try write(String(repeating: "x", count: 3_145_728), to: "\(cache)/\(Self.key)/kernel.so", in: scratch)
    try write("x", to: "\(cache)/\(Self.dead)/tree/Makefile", in: scratch)
    try write("x", to: "\(cache)/\(live)/tree/Makefile", in: scratch)
    try write("mine", to: "\(cache)/notes.txt", in: scratch)
    try write("precious", to: "outside/kernel.so", in: scratch)
    try write("tree", to: "cache/stress/kernel-trees/7.3/Makefile", in: scratch)
    try FileManager.default.createSymbolicLink(
      atPath: scratch.file("\(cache)/\(Self.linked)"), withDestinationPath: scratch.file("outside"))
  }

  @Test func `a list has versions, sizes and compilers, and what does not belong there`() throws {
    try Scratch.use { scratch in
      try fill(scratch)
      let result = try run("list", in: scratch)
      #expect(result.status == 0 && result.errors == "")
      #expect(
        result.output == """
          \(Self.key)  7.3.4  3.0 MiB  gcc (tiny) 1.0
          \(live)  is being built
          \(Self.dead)  left by a build that was killed; the next one removes it
          \(Self.linked)  not from this tool
          notes.txt  not from this tool
          1 built, 3.0 MiB, in \(scratch.file("cache/stress/kernels"))

          """)
    }
  }

  @Test func `clean removes the tool's own and nothing else`() throws {
    try Scratch.use { scratch in
      try fill(scratch)
      let result = try run("clean", in: scratch)
      #expect(result.status == 0 && result.errors == "")
      #expect(result.lastOutputLine == "1 removed, 3.0 MiB, from \(scratch.file("cache/stress/kernels"))")
      #expect(result.output.contains("left alone: notes.txt") && result.output.contains("left alone: \(Self.linked)"))
      #expect(names(scratch) == [live, Self.linked, "notes.txt"].sorted())
      #expect(scratch.text("outside/kernel.so") == "precious")
      #expect(scratch.text("cache/stress/kernel-trees/7.3/Makefile") == "tree")
    }
  }

  @Test func `a link in place of the cache is refused, and what it leads to stays`() throws {
    try Scratch.use { scratch in
      try write("x", to: "outside/\(Self.key)/kernel.so", in: scratch)
      try write("x", to: "cache/stress/other", in: scratch)
      try FileManager.default.createSymbolicLink(
        atPath: scratch.file("cache/stress/kernels"), withDestinationPath: scratch.file("outside"))
      let result = try run("clean", in: scratch)
      #expect(result.status == 70 && result.errorLines.count == 1)
      #expect(result.errors.contains("is left alone: it is a link to another place"))
      #expect(scratch.text("outside/\(Self.key)/kernel.so") == "x")
    }
  }

  @Test(arguments: ["list", "clean"])
  func `a cache that is not there yet is empty`(command: String) throws {
    try Scratch.use { scratch in
      let result = try run(command, in: scratch)
      #expect(result.status == 0 && result.output.hasPrefix("0 ") && result.errors == "")
    }
  }

  @Test(arguments: ["list", "clean"])
  func `a cache below a file is not an empty one`(command: String) throws {
    try Scratch.use { scratch in
      try scratch.write("a file", to: "cache")
      let result = try run(command, in: scratch)
      #expect(result.status == 70 && result.output == "")
      #expect(
        result.errors
          == "stress: error: the cache \(scratch.file("cache"))/stress/kernels cannot be used: Not a directory\n")
    }
  }
}
