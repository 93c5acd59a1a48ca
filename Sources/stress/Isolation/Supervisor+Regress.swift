/// `stress regress`: a failure that ends the process that replays it still fails, and the next is another process's.
import Foundation

extension Supervisor {
  func supervise(_ command: RegressCommand) {
    while true {
      switch start(Array(CommandLine.arguments.dropFirst()), isSilent: false) {
      case nil: return
      case .exited(let code): leave(code)
      case .signaled(let signal):
        if SignalName.isRequest(signal) || isInterrupted {
          _exit(ExitStatus.interrupted(by: interruption ?? signal))
        }
        guard command.tellDeath(box, SignalName.of(signal)) else { leave(ExitStatus.harnessFault) }
      }
    }
  }
}
