/// `git bisect run` finds the commit that broke a kernel's tdp_mmu.c: the README's example over a small repository.
import Foundation
import Testing

@Suite struct BisectTests {
  /// A tree that scripts/kernel-tree has brought; without one the test is skipped, and CI says so.
  private static let source: URL? = {
    let environment = ProcessInfo.processInfo.environment
    let base = environment["XDG_CACHE_HOME"] ?? "\(environment["HOME"] ?? "/")/.cache"
    let tree = URL(fileURLWithPath: base).appendingPathComponent("stress/kernel-trees/7.3")
    return FileManager.default.fileExists(atPath: tree.appendingPathComponent("Makefile").path) ? tree : nil
  }()

  private static let parts = [
    "Makefile", "arch/x86/kvm", "arch/x86/virt/vmx/tdx", "arch/x86/include", "include/linux/list.h",
    "include/linux/rculist.h", "include/linux/poison.h", "include/linux/kvm_host.h", "include/linux/kvm_types.h",
  ]

  @Test(.enabled(if: source != nil)) func `git bisect run finds the commit that broke the restore`() throws {
    try Scratch.use { scratch in
      let source = try #require(Self.source)
      let tree = URL(fileURLWithPath: scratch.file("linux"))
      for part in Self.parts {
        let target = tree.appendingPathComponent(part)
        try FileManager.default.createDirectory(
          at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: source.appendingPathComponent(part), to: target)
      }
      let file = tree.appendingPathComponent("arch/x86/kvm/mmu/tdp_mmu.c")
      let text = try String(contentsOf: file, encoding: .utf8)
      let restore = "__kvm_tdp_mmu_write_spte(iter->sptep, iter->old_spte);"
      try #require(text.components(separatedBy: restore).count == 2, "the tree has another restore")

      let broken = text.replacingOccurrences(of: restore, with: ";")
      // Good, does not build, good, bad, bad.
      let commits = [
        text, text + "\nint f(void) { return no_such_name; }\n", text + "\n/* mended */\n", broken,
        broken + "\n/* later */\n",
      ]
      try Self.git(["init", "--quiet"], in: tree)
      for (number, content) in commits.enumerated() {
        try FileManager.default.removeItem(at: file)
        try content.write(to: file, atomically: false, encoding: .utf8)
        try Self.git(["add", "."], in: tree)
        try Self.git(["commit", "--quiet", "--no-gpg-sign", "-m", "commit \(number)"], in: tree)
      }
      let bad = try Self.git(["rev-parse", "HEAD~1"], in: tree).trimmingCharacters(in: .newlines)
      try Self.git(["bisect", "start", "HEAD", "HEAD~4"], in: tree)
      let tool = try #require(StressCommand.executablePath)
      let log = try Self.git(
        [
          "bisect", "run", tool, "explore", "--kernel-tree", ".", "--bisect", "--seed", "1", "--schedules", "20000",
          "--no-minimize", "--quiet",
        ], in: tree)
      #expect(log.contains("\(bad) is the first bad commit"))
    }
  }

  @Test func `--bisect needs a tree`() throws {
    let result = try StressCommand.run(["explore", "--bisect"])
    #expect(result.status == 64)
    #expect(result.errors.contains("--bisect goes with --kernel-tree"))
  }

  @Test func `with --bisect a tree that is none is skipped`() throws {
    try Scratch.use { scratch in
      let result = try StressCommand.run(["explore", "--bisect", "--kernel-tree", scratch.file("none")])
      #expect(result.status == 125)
    }
  }

  @discardableResult
  private static func git(_ arguments: [String], in directory: URL) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["git", "-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main"] + arguments
    process.currentDirectoryURL = directory
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let text = String(decoding: output, as: UTF8.self)
    if process.terminationStatus != 0 { Issue.record("git \(arguments): \(text)") }
    return text
  }
}
