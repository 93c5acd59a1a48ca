import Foundation
import Testing

/// A way in which a command ends: what for, with which code, and how a test brings it about.
struct ExitPath: Sendable, CustomTestStringConvertible {
  var command: String
  var code: Int32
  var reason: String
  /// False where this machine lacks what it takes; then it is not provoked here.
  var isPossible: Bool
  var provoke: @Sendable (Scratch) throws -> Int32

  init(
    _ command: String, _ code: Int32, _ reason: String, if isPossible: Bool = true,
    provoke: @escaping @Sendable (Scratch) throws -> Int32
  ) {
    self.command = command
    self.code = code
    self.reason = reason
    self.isPossible = isPossible
    self.provoke = provoke
  }

  var testDescription: String { "\(command): \(code), \(reason)" }

  /// A line of docs/exit-codes.md.
  var row: String { "| `\(command)` | \(code) | \(reason) |" }

  static let all = tool + tokens + records + kernels + series + mutate + soak + scripts
}

/// Ways to bring one about.
extension ExitPath {
  /// The tool with these arguments.
  static func runs(_ arguments: String..., output: String? = nil) -> @Sendable (Scratch) throws -> Int32 {
    { try StressCommand.start(arguments, in: $0, output: output).finish().status }
  }

  /// The same behind a command that becomes it.
  static func runs(_ arguments: [String], through launcher: [String]) -> @Sendable (Scratch) throws -> Int32 {
    { try StressCommand.start(arguments, in: $0, through: launcher).finish().status }
  }

  /// The tool, and a signal once it runs.
  static func signals(
    _ signal: Int32, _ arguments: String..., once word: String = "seed 0x"
  ) -> @Sendable (Scratch) throws -> Int32 {
    { scratch in
      let command = try StressCommand.start(arguments, in: scratch)
      #expect(command.waitUntilStarted(word))
      command.send(signal)
      return command.finish().status
    }
  }

  /// Three gigabytes of address space: the page tables of a large guest do not fit.
  static let cramped = ["/bin/sh", "-c", "ulimit -v 3000000; exec \"$0\" \"$@\""]

  static let interrupts: [(signal: Int32, name: String)] = [
    (SIGHUP, "SIGHUP"), (SIGINT, "SIGINT"), (SIGTERM, "SIGTERM"),
  ]
}
