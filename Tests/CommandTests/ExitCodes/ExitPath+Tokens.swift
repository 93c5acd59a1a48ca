import Campaign
import Foundation
import Testing

/// `replay`, `minimize`, `regress`: what becomes of a token.
extension ExitPath {
  static let tokens: [ExitPath] =
    ["replay", "minimize"].flatMap { command in
      let name = "stress \(command)"
      return [
        ExitPath(name, 0, "the schedule breaks no rule") { try run(command, Explored.mended(), in: $0) },
        ExitPath(name, 1, "it breaks one") { try run(command, Explored.micro(), in: $0) },
        ExitPath(
          name, 64, "bad usage, or a token that is damaged or of another version", provoke: runs(command, "m9:A")),
        ExitPath(name, 64, "the token of a kernel, and no tree") { try run(command, kernel(), in: $0) },
        ExitPath(name, 70, "the schedule cannot be followed") { try run(command, Explored.parted(), in: $0) },
        ExitPath(name, 70, "record or report could not be written") {
          try run(command, Explored.mended(), ["--json", "/dev/full"], in: $0)
        },
      ]
    } + [
      ExitPath("stress trace", 0, "the schedule breaks no rule, or the episode was printed") {
        try run("trace", Explored.mended(), in: $0)
      },
      ExitPath("stress trace", 1, "it breaks one") { try run("trace", Explored.micro(), in: $0) },
      ExitPath(
        "stress trace", 64, "bad usage, or an episode or a token that cannot be read", provoke: runs("trace", "nope")),
      ExitPath("stress trace", 70, "the schedule cannot be followed") { try run("trace", Explored.parted(), in: $0) },
      ExitPath("stress trace", 70, "record or report could not be written") {
        try run("trace", Explored.mended(), ["--json", "/dev/full"], in: $0)
      },
      ExitPath("stress regress", 0, "no failure was kept", provoke: runs("regress")),
      ExitPath("stress regress", 0, "all are fixed") { try regress(Explored.mended(), in: $0) },
      ExitPath("stress regress", 1, "one still fails") { try regress(Explored.micro(), in: $0) },
      ExitPath("stress regress", 64, "the folder that was named is not there", provoke: runs("regress", "nope")),
      ExitPath("stress regress", 64, "it holds no failure", provoke: runs("regress", ".")),
      ExitPath("stress regress", 70, "none fails, and one could not be replayed") { try regress(kernel(), in: $0) },
      ExitPath("stress regress", 70, "the result could not be written") {
        try regress(Explored.mended(), in: $0, output: "/dev/full")
      },
    ]
    + interrupts.flatMap { signal, name in
      [
        ExitPath("stress replay", 128 + signal, "\(name): nothing is written") { scratch in
          try interrupt("replay", scratch, signal)
        },
        ExitPath("stress minimize", 128 + signal, "\(name) before the schedule's end: a record that says so") {
          scratch in
          try interrupt("minimize", scratch, signal)
        },
        ExitPath("stress regress", 128 + signal, "\(name): the sums of what was replayed") { scratch in
          try interrupt("regress", scratch, signal)
        },
      ]
    }

  private static func run(
    _ command: String, _ token: Token, _ options: [String] = [], in scratch: Scratch
  ) throws -> Int32 {
    try StressCommand.start([command, token.text] + options, in: scratch).finish().status
  }

  private static func regress(_ token: Token, in scratch: Scratch, output: String? = nil) throws -> Int32 {
    try FailureArchive(directory: scratch.file("kept")).store(token)
    return try StressCommand.start(["regress", "kept"], in: scratch, output: output).finish().status
  }

  /// Says that it is a kernel's, of no tree that there is.
  private static func kernel() throws -> Token {
    var token = try Explored.unminimized()
    token.kernelTree = 1
    return token
  }

  /// A token whose one schedule takes longer than any test.
  private static func endless() throws -> Token {
    var token = try Explored.unminimized()
    token.mutant = nil
    token.schedule = .init()
    let operations = Array(token.episode.threads.joined())
    let many = (0..<Token.requestLimit).map { operations[$0 % operations.count] }
    token.episode.threads = Array(repeating: many, count: 16)
    return token
  }

  /// Signals a command that has begun: it has read its token from a pipe, to the end.
  private static func interrupt(_ command: String, _ scratch: Scratch, _ signal: Int32) throws -> Int32 {
    let folder = scratch.file("kept")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let pipe = "\(folder)/token.txt"
    #expect(mkfifo(pipe, 0o600) == 0)
    let command = try StressCommand.start([command, command == "regress" ? folder : pipe], in: scratch)
    // Opens once the command does.
    let descriptor = open(pipe, O_WRONLY)
    let bytes = Array((try endless().text + "\n").utf8)
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written) }
      guard count > 0 else { break }
      written += count
    }
    close(descriptor)
    command.send(signal)
    return command.finish().status
  }
}
