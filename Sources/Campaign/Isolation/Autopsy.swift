import Episodes
import Executions
import KernelMMU
import Machine
import Scheduling

/// What a child process does to find out which execution ends a process: it runs one again. It returns where it lives.
package enum Autopsy {
  /// Runs again what ran in a world of a process that has died, and writes its schedule to `box.trace` on the way.
  package static func retrace(_ box: BlackBox, _ index: Int, _ kernel: KernelSubject) throws(TokenError) {
    guard let flight = box.flight(index) else { return }
    let token = try Token(parsing: flight.text)
    guard
      let replayer = Replayer(
        tasks: token.episode.threads.count, subject: Subject(token, kernel), policy: token.episode.policy)
    else { return }
    let memory = FlightSchedule(box.trace)
    memory.clear()
    guard replayer.world.prepare(token.episode), !flight.isPreparing else { return }
    replayer.world.execute(Retrace(flight.log, into: memory)) { _ in }
  }

  /// Runs a token's schedule.
  package static func replay(_ token: Token, _ kernel: KernelSubject) {
    let replayer = Replayer(
      tasks: token.episode.threads.count, subject: Subject(token, kernel), policy: token.episode.policy)
    _ = replayer?.replay(token.episode, token.schedule, isStrict: true)
  }
}
