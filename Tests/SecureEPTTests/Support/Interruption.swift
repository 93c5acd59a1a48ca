/// Runs something at one schedule point of a task: what another task does inside a SEAMCALL, without threads or luck.
import CAtomics
import Machine

final class Interruption {
  private let body: () -> Void
  private var remaining: Int

  private init(_ body: @escaping () -> Void, at number: Int) {
    self.body = body
    remaining = number
  }

  /// Runs `call` on the task and `body` at its schedule point number `number`, from 1. The machine's context is used.
  static func at<Result>(
    _ number: Int, of task: TaskPointer, _ body: () -> Void, during call: () -> Result
  ) -> Result {
    withoutActuallyEscaping(body) { body in
      let interruption = Interruption(body, at: number)
      let before = task.pointee.point
      task.pointee.machine.pointee.context = Unmanaged.passUnretained(interruption).toOpaque()
      task.pointee.point = schedule_point(countdown: 1, reached: reached)
      let result = withExtendedLifetime(interruption, call)
      task.pointee.point = before
      task.pointee.machine.pointee.context = nil
      return result
    }
  }

  private static let reached:
    @convention(c) (UnsafeMutablePointer<schedule_point>?, UInt32, UnsafeRawPointer?) -> Void =
      { point, kind, _ in
        guard let point else { return }
        point.pointee.countdown = 1
        let task = UnsafeMutableRawPointer(point).assumingMemoryBound(to: Task.self)
        guard let context = task.pointee.machine.pointee.context else { return }
        let interruption = Unmanaged<Interruption>.fromOpaque(context).takeUnretainedValue()
        interruption.remaining -= 1
        // A wait hands control over whatever the number.
        if interruption.remaining == 0 || kind == SCHEDULE_RELAX.rawValue { interruption.body() }
      }
}
