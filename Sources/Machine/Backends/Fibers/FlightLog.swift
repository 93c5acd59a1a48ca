/// Memory for the log of a scheduler's executions that outlives the process: another one maps it too.
///
/// What was logged by an earlier execution stands behind what the last one logged. Whoever follows the log comes to the
/// end of the last one before he comes to that, as it ended there.
package struct FlightLog {
  /// The task of each step.
  package let steps: UnsafeMutableBufferPointer<UInt16>
  /// The questions that were answered yes; behind the last a task of -1.
  package let yes: UnsafeMutableBufferPointer<(task: Int32, question: UInt32)>

  package init(
    steps: UnsafeMutableBufferPointer<UInt16>, yes: UnsafeMutableBufferPointer<(task: Int32, question: UInt32)>
  ) {
    self.steps = steps
    self.yes = yes
  }
}

extension UnsafeMutablePointer where Pointee == FiberScheduler {
  /// Logs there, where an execution fits in. Between executions.
  /// - Parameter flight: has room for the yes answers of all tasks and one more.
  package func log(to flight: FlightLog) {
    let needed = pointee.machine.pointee.taskCount * Int(FiberScheduler.mostYields) + 1
    guard let yes = flight.yes.baseAddress, flight.yes.count >= needed else { return }
    if pointee.ownsYes { pointee.yes.deallocate() }
    pointee.yes = yes
    pointee.ownsYes = false
    pointee.flight = flight
    let limit = pointee.stepLimit
    pointee.stepLimit = 0
    setStepLimit(limit)
  }

  /// Whether the log of the next execution outlives the process.
  package var logsToFlight: Bool { pointee.flight != nil && !pointee.ownsLog }
}
