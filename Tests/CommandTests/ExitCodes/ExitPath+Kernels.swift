import Foundation
import Testing

/// Kernel trees: `kernel`, `diff`, and `--bisect` of the others.
extension ExitPath {
  private static let noTree = ["run", "explore", "matrix", "diff", "replay", "minimize", "regress"]

  static let kernels: [ExitPath] =
    noTree.flatMap { command in
      [
        ExitPath("stress \(command)", 64, "the kernel tree cannot be used or does not build") {
          try tiny([command, "--kernel-tree", "tree"], command, $0)
        },
        ExitPath("stress \(command) --bisect", 125, "the kernel tree cannot be used or does not build") {
          try tiny([command, "--kernel-tree", "tree", "--bisect"], command, $0)
        },
      ]
    } + [
      ExitPath("stress diff", 0, "no difference", if: UserTree.source != nil) { try diff([], $0) },
      ExitPath("stress diff", 1, "a difference", if: UserTree.source != nil) {
        try diff(["--mutant", "stats-early"], $0)
      },
      ExitPath("stress diff", 64, "bad usage, nothing was started", provoke: runs("diff")),
      ExitPath("stress diff", 70, "the record could not be written", if: UserTree.source != nil) {
        try diff(["--json", "/dev/full"], $0)
      },
    ]
    + ["run", "explore", "matrix", "diff"].map { command in
      ExitPath(
        "stress \(command) --bisect", 128, "an end of the bisection was not tested by the same command",
        if: UserTree.source != nil
      ) { try untested(command, $0) }
    } + [
      ExitPath("stress kernel doctor", 0, "the tree can be used") {
        try kernel($0) { try $0.doctor("--no-build").status }
      },
      ExitPath(
        "stress kernel doctor", 64, "bad usage, or no kernel tree at all", provoke: runs("kernel", "doctor", "/")),
      ExitPath("stress kernel doctor", 70, "the report could not be written") {
        try kernel($0) { try $0.run(["kernel", "doctor", $0.path, "--no-build"], output: "/dev/full").status }
      },
      ExitPath("stress kernel doctor", 70, "the cache cannot be used, for example because the disk is full") {
        try kernel($0) { try $0.doctor(cache: "/dev/null").status }
      },
      ExitPath("stress kernel doctor", 125, "the tree is not supported, or does not build") {
        try kernel($0) { tree in
          try tree.compiler("gcc", whenCompiling: "exit 1")
          return try tree.doctor().status
        }
      },
    ]
    + ["list", "clean"].flatMap { command in
      [
        ExitPath("stress kernel \(command)", 0, "done") { try kernel($0) { try $0.run(["kernel", command]).status } },
        ExitPath("stress kernel \(command)", 64, "bad usage", provoke: runs("kernel", command, "x")),
        ExitPath("stress kernel \(command)", 70, "the cache is no folder of the tool's, or cannot be read or written") {
          try kernel($0) { tree in
            try tree.scratch.write("", to: "cache")
            try FileManager.default.removeItem(atPath: tree.scratch.file("cache"))
            try FileManager.default.createDirectory(
              atPath: tree.scratch.file("cache/stress"), withIntermediateDirectories: true)
            try tree.scratch.write("", to: "cache/stress/kernels")
            return try tree.run(["kernel", command]).status
          }
        },
      ]
    }
    + interrupts.map { signal, name in
      ExitPath(
        "stress diff", 128 + signal, "\(name): ended by a signal, with report and record of what ran so far",
        if: UserTree.source != nil
      ) { scratch in
        try signals(
          signal, "diff", "--kernel-tree", try #require(UserTree.source).path, "--episodes", "1000000000")(scratch)
      }
    }

  private static func kernel(_ scratch: Scratch, _ body: (TinyTree) throws -> Int32) throws -> Int32 {
    try body(TinyTree(in: scratch))
  }

  /// A tree whose files do not compile.
  private static func tiny(_ arguments: [String], _ command: String, _ scratch: Scratch) throws -> Int32 {
    var arguments = arguments
    if ["replay", "minimize"].contains(command) {
      var token = try Explored.unminimized()
      token.kernelTree = 1
      token.mutant = nil
      arguments.append(token.text)
    }
    return try kernel(scratch) { tree in
      try tree.compiler("gcc", whenCompiling: "exit 1")
      return try tree.run(arguments).status
    }
  }

  /// A bisection whose ends nobody has looked at.
  private static func untested(_ command: String, _ scratch: Scratch) throws -> Int32 {
    let tree = try UserTree(in: scratch)
    try Git.run(["init", "--quiet"], in: tree.root)
    for number in 0..<3 {
      try "\(number)\n".write(to: tree.root.appendingPathComponent("number"), atomically: true, encoding: .utf8)
      try Git.run(["add", "."], in: tree.root)
      try Git.run(["commit", "--quiet", "--no-gpg-sign", "-m", "\(number)"], in: tree.root)
    }
    try Git.run(["bisect", "start", "HEAD", "HEAD~2"], in: tree.root)
    let launcher = ["/usr/bin/env", "-C", tree.root.path, "XDG_STATE_HOME=\(scratch.file("state"))"]
    return try StressCommand.start([command, "--kernel-tree", ".", "--bisect"], in: scratch, through: launcher)
      .finish().status
  }

  private static func diff(_ options: [String], _ scratch: Scratch) throws -> Int32 {
    let tree = try #require(UserTree.source).path
    let arguments = ["diff", "--kernel-tree", tree, "--episodes", "200", "--seed", "1", "--quiet"]
    return try StressCommand.start(arguments + options, in: scratch).finish().status
  }
}
