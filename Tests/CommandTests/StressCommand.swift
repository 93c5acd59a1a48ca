import Foundation
import Testing

/// The built command, run as a user runs it: a process of its own with its output in files, so that no reader can
/// block it.
struct StressCommand {
  struct Result: Sendable {
    /// The exit code, or 128 plus the signal that ended the process.
    var status: Int32
    var output: String
    var errors: String

    var errorLines: [Substring] { errors.split(separator: "\n") }
    /// The lines of standard error that tell of an error.
    var complaints: [Substring] { errorLines.filter { $0.hasPrefix("stress: error: ") } }
    var lastOutputLine: String { output.split(separator: "\n").last.map(String.init) ?? "" }
  }

  /// Runs to the end.
  static func run(_ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation) throws -> Result {
    try Scratch.use { scratch in
      try start(arguments, in: scratch, sourceLocation: sourceLocation).finish()
    }
  }

  let process: pid_t
  let scratch: Scratch

  /// - Parameter launcher: a command that ends by becoming the one that it is given, for example `env`.
  static func start(
    _ arguments: [String], in scratch: Scratch, through launcher: [String] = [], output: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> StressCommand {
    let path = try #require(
      executablePath, "no built `stress` beside the test bundle; run `swift build` first",
      sourceLocation: sourceLocation)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let create = O_WRONLY | O_CREAT | O_TRUNC
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output ?? scratch.file("stdout"), create, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, scratch.file("stderr"), create, 0o600)

    // The test runner may ignore or block signals; the command must start as from a shell.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    // What a run leaves beside its record, in `.stress`, goes with the scratch folder.
    let shell = ["/bin/sh", "-c", "cd -- \"$0\" && exec \"$@\"", scratch.folder.path]
    let words = (shell + launcher + [path] + arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    var process: pid_t = 0
    let code = posix_spawn(&process, shell[0], &actions, &attributes, words + [nil], environ)
    try #require(code == 0, "cannot start \(path): \(String(cString: strerror(code)))", sourceLocation: sourceLocation)
    return StressCommand(process: process, scratch: scratch)
  }

  /// Waits until the command has said its seed: from then on it answers signals. Returns at once if it ended before.
  func waitUntilStarted(_ word: String = "seed 0x") -> Bool {
    while !scratch.text("stderr").contains(word) {
      var ended = siginfo_t()
      guard waitid(P_PID, id_t(process), &ended, WEXITED | WNOHANG | WNOWAIT) == 0, ended.si_signo == 0 else {
        return false
      }
      usleep(10_000)
    }
    return true
  }

  func send(_ signal: Int32) { kill(process, signal) }

  /// Waits for the end.
  func finish() -> Result {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7f
    return Result(
      status: signal == 0 ? (status >> 8) & 0xff : 128 + signal, output: scratch.text("stdout"),
      errors: scratch.text("stderr"))
  }

  /// SwiftPM puts the command into the folder of the test bundle.
  static var executablePath: String? {
    let starts = [Bundle.main.executablePath, CommandLine.arguments.first].compactMap { $0 }
    for start in starts {
      var folder = URL(fileURLWithPath: start).resolvingSymlinksInPath().deletingLastPathComponent()
      while folder.path != "/" {
        for place in ["stress", ".build/\(configuration)/stress"] {
          let candidate = folder.appendingPathComponent(place).path
          var isFolder: ObjCBool = false
          if FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder), !isFolder.boolValue {
            return candidate
          }
        }
        folder.deleteLastPathComponent()
      }
    }
    return nil
  }

  private static var configuration: String {
    #if DEBUG
      "debug"
    #else
      "release"
    #endif
  }
}
