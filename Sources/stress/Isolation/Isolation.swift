/// This process as the child of one that watches over it.
import Foundation
import KernelMMU

enum Isolation {
  static let variable = "STRESS_ISOLATED"

  /// Shared with the process that watches; nil where none does.
  static let box: BlackBox? = begin()

  static var isChild: Bool { box != nil }

  private static func begin() -> BlackBox? {
    guard let text = ProcessInfo.processInfo.environment[variable] else { return nil }
    // Not for the compilers that it starts.
    unsetenv(variable)
    let numbers = text.split(separator: ",").compactMap { Int32($0) }
    guard numbers.count == 2, let box = BlackBox(descriptor: numbers[0]) else { return nil }
    for number in numbers { _ = fcntl(number, F_SETFD, FD_CLOEXEC) }
    dieWithParent(numbers[1])
    return box
  }

  /// However the parent goes, nobody is left to want anything of this process.
  static func dieWithParent(_ lifeline: Int32) {
    // Signals are left to other threads.
    var (all, before) = (sigset_t(), sigset_t())
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    Thread.detachNewThread {
      var byte: UInt8 = 0
      while read(lifeline, &byte, 1) < 0 && errno == EINTR {}
      kill(getpid(), SIGKILL)
    }
    pthread_sigmask(SIG_SETMASK, &before, nil)
  }
}
