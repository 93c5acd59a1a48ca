/// Commands of the tool that a series runs, one at a time, each in a process of its own that ends with this one.
///
/// It goes to the folder that a variable names. Its standard input is a pipe whose other end this process has: it reads
/// its end there when this process is gone, however that went.
import Campaign
import Foundation
import Synchronization

final class SeriesChildren: SeriesLauncher {
  private static let variable = "STRESS_SERIES_FOLDER"

  private struct State {
    var running: pid_t = 0
    var isInterrupted = false
  }

  private let state = Mutex(State())

  /// Called first in a process that may be such a child.
  static func followParent() {
    guard let folder = ProcessInfo.processInfo.environment[variable] else { return }
    // Not for those that it starts itself.
    unsetenv(variable)
    _ = FileManager.default.changeCurrentDirectoryPath(folder)
    let lifeline = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
    guard lifeline >= 0 else { return }
    Isolation.dieWithParent(lifeline)
  }

  func interrupt() {
    state.withLock { state in
      state.isInterrupted = true
      if state.running > 0 { kill(state.running, SIGINT) }
    }
  }

  func run(_ arguments: [String], compiler: String, in folder: URL) -> SeriesLaunch? {
    let (output, errors) = (folder.appendingPathComponent("stdout").path, folder.appendingPathComponent("stderr").path)
    var lifeline: [Int32] = [0, 0]
    guard pipe(&lifeline) == 0 else { return nil }
    for end in lifeline { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(lifeline[1]) }
    let identifier = state.withLock { state -> pid_t? in
      guard !state.isInterrupted else { return nil }
      let identifier = start(arguments, compiler, folder.path, lifeline[0], output, errors)
      state.running = identifier ?? 0
      return identifier
    }
    close(lifeline[0])
    guard let identifier else { return nil }
    // It stays there to be waited for, so that nobody else's process is signalled.
    var ended = siginfo_t()
    while waitid(P_PID, id_t(identifier), &ended, WEXITED | WNOWAIT) < 0 && errno == EINTR {}
    state.withLock { $0.running = 0 }
    var status: Int32 = 0
    while waitpid(identifier, &status, 0) < 0 && errno == EINTR {}
    let signal = status & 0x7f
    func text(_ path: String) -> String {
      FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
    return SeriesLaunch(
      status: signal == 0 ? (status >> 8) & 0xff : 128 + signal, output: text(output), errors: text(errors))
  }

  private func start(
    _ arguments: [String], _ compiler: String, _ folder: String, _ input: Int32, _ output: String, _ errors: String
  ) -> pid_t? {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let create = O_WRONLY | O_CREAT | O_TRUNC
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, create, 0o600)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors, create, 0o600)

    // What this process has changed for itself.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var (mask, changed) = (sigset_t(), sigset_t())
    sigemptyset(&mask)
    sigemptyset(&changed)
    for signal in Signals.numbers + [SIGPIPE, SIGXFSZ] { sigaddset(&changed, signal) }
    posix_spawnattr_setsigmask(&attributes, &mask)
    posix_spawnattr_setsigdefault(&attributes, &changed)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    var environment = ProcessInfo.processInfo.environment
    environment[Self.variable] = folder
    environment["CC"] = compiler
    let words = (["stress"] + arguments).map { strdup($0) }
    let settings = environment.map { strdup("\($0.key)=\($0.value)") }
    defer { for word in words + settings { free(word) } }
    var identifier: pid_t = 0
    // A program of any name is started by what it is.
    let code = posix_spawn(&identifier, "/proc/self/exe", &actions, &attributes, words + [nil], settings + [nil])
    return code == 0 ? identifier : nil
  }
}
