/// A folder in which a shell finds the built command both as `stress` and as `scripts/stress`, as in a checkout where
/// it is installed.
import Foundation
import Testing

struct Stage {
  let scratch: Scratch

  /// No command of a document takes longer by far; one that does is meant to be made shorter.
  static let limit = 240

  init(in scratch: Scratch) throws {
    self.scratch = scratch
    let tool = try #require(StressCommand.executablePath, "no built `stress` beside the test bundle")
    for folder in ["bin", "scripts"] {
      let path = scratch.file(folder)
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(atPath: "\(path)/stress", withDestinationPath: tool)
    }
    try FileManager.default.createSymbolicLink(
      atPath: scratch.file("scripts/kernel-tree"),
      withDestinationPath: Document.root.appendingPathComponent("scripts/kernel-tree").path)
    try FileManager.default.createSymbolicLink(
      atPath: scratch.file("docs"), withDestinationPath: Document.root.appendingPathComponent("docs").path)
  }

  /// Runs a line in the folder, as a shell understands it. The cache of kernels is the user's only where a kernel tree
  /// is used, so that nothing of the user's is listed or removed.
  func run(_ line: String) throws -> StressCommand.Result {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let token = { try self.token() }
    let command = try Props.fill(line, kernelTree: UserTree.source?.path, token: token)
    let cache = Props.needsKernelTree(line) ? [] : ["XDG_CACHE_HOME=\(scratch.file("cache"))"]
    let environment = ["/usr/bin/env", "PATH=\(scratch.file("bin")):\(path)"] + cache
    let shell = ["timeout", "--kill-after=10", "\(Self.limit)", "/bin/bash", "-c", command]
    return try StressCommand.start([], in: scratch, through: environment + shell).finish()
  }

  /// Makes what the command reads, and types what comes before it.
  func prepare(for command: String, _ rehearsal: Rehearsal) throws {
    for line in rehearsal.after + Props.makers(for: command) {
      let result = try run(line)
      #expect([0, 1].contains(result.status), "\(line), typed before \(command): \(result.errors)")
    }
  }

  private func token() throws -> String {
    let output = try run(Props.failure).output
    return String(try #require(output.firstMatch(of: /replay: stress replay (\S+)/)).1)
  }
}
