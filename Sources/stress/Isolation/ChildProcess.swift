/// The same program once more, with what it inherits.
import Foundation
import KernelMMU

struct ChildProcess {
  enum End: Equatable {
    case exited(Int32)
    case signaled(Int32)
  }

  /// A program of any name is started by what it is.
  private static let program = "/proc/self/exe"

  let identifier: pid_t

  /// - Parameters:
  ///   - isSilent: what it says goes nowhere.
  ///   - mask: the signals that it begins with blocked.
  /// - Returns: nil if it cannot be started.
  static func start(_ arguments: [String], _ box: BlackBox, isSilent: Bool, mask: sigset_t) -> ChildProcess? {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if isSilent {
      for stream in [STDOUT_FILENO, STDERR_FILENO] {
        posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_WRONLY, 0)
      }
    }
    // What this process has changed for itself. It stays in the group: a terminal signals both.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var (mask, changed) = (mask, sigset_t())
    sigemptyset(&changed)
    for signal in Signals.numbers + [SIGPIPE, SIGXFSZ] { sigaddset(&changed, signal) }
    posix_spawnattr_setsigmask(&attributes, &mask)
    posix_spawnattr_setsigdefault(&attributes, &changed)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    guard let lifeline = Lifeline() else { return nil }
    var environment = ProcessInfo.processInfo.environment
    // A crash is told by this process.
    environment["SWIFT_BACKTRACE"] = environment["SWIFT_BACKTRACE"] ?? "enable=no"
    environment[Isolation.variable] = "\(box.descriptor),\(lifeline.end)"
    let words = ([CommandLine.arguments[0]] + arguments).map { strdup($0) }
    let settings = environment.map { strdup("\($0.key)=\($0.value)") }
    defer { for word in words + settings { free(word) } }
    var identifier: pid_t = 0
    let code = posix_spawn(&identifier, program, &actions, &attributes, words + [nil], settings + [nil])
    lifeline.close()
    return code == 0 ? ChildProcess(identifier: identifier) : nil
  }

  func send(_ signal: Int32) { kill(identifier, signal) }

  /// - Parameter seconds: after which it is killed; nil for never.
  func wait(atMost seconds: Double? = nil) -> End {
    var status: Int32 = 0
    var left = seconds
    while true {
      let result = waitpid(identifier, &status, left == nil ? 0 : WNOHANG)
      if result == identifier { break }
      if result < 0 && errno != EINTR { return .exited(ExitStatus.harnessFault) }
      guard result == 0, let rest = left else { continue }
      if rest <= 0 {
        send(SIGKILL)
        left = nil
      } else {
        usleep(5_000)
        left = rest - 0.005
      }
    }
    let signal = status & 0x7f
    return signal == 0 ? .exited((status >> 8) & 0xff) : .signaled(signal)
  }
}

/// A pipe of which the child has one end: it reads its end there when this process is gone, however it went.
private struct Lifeline {
  /// The child's.
  let end: Int32

  init?() {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return nil }
    end = ends[0]
    // The other one lasts as long as this process, and no child may have it.
    _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
  }

  func close() { _ = Foundation.close(end) }
}
