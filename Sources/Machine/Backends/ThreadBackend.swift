/// The thread backend: tasks are operating-system threads, a schedule point is where a seeded pause may be made.
///
/// Pauses are what makes threads meet: measured elsewhere, they find a race three orders of magnitude sooner than bare
/// racing does. Their places are drawn from the task's own stream; what they interleave with is up to the machine.
import CAtomics
import Glibc

package enum ThreadBackend {
  /// Points between two looks at the backend when pauses are off.
  static let unpaused: Int64 = 1 << 24

  static func install(on task: TaskPointer) {
    task.pointee.point = schedule_point(countdown: unpaused, reached: reached)
  }

  /// Sets a task's pauses. `mean` is in weighted schedule points, 0 for none.
  package static func setPauses(_ task: TaskPointer, mean: UInt64, draws: SplitMix64) {
    task.pointee.pauseMean = mean
    task.pointee.pauseDraws = draws
    task.pointee.point.countdown = nextCountdown(task)
  }

  private static func nextCountdown(_ task: TaskPointer) -> Int64 {
    let mean = task.pointee.pauseMean
    return mean == 0 ? unpaused : 1 + Int64(task.pointee.pauseDraws.below(2 * mean))
  }

  private static let reached:
    @convention(c) (UnsafeMutablePointer<schedule_point>?, UInt32, UnsafeRawPointer?) -> Void =
      { point, kind, _ in
        guard let point else { return }
        let task = UnsafeMutableRawPointer(point).assumingMemoryBound(to: Task.self)
        if kind == SCHEDULE_LOST.rawValue { return }
        if let interrupt = task.pointee.machine.pointee.interrupt { interrupt(UnsafeMutableRawPointer(task)) }
        if kind == SCHEDULE_RELAX.rawValue { return relax(task) }
        point.pointee.countdown = nextCountdown(task)
        task.pointee.relaxStreak = 0
        if task.pointee.pauseMean != 0 { pause(task) }
      }

  /// Most pauses give the core away, which on few cores is what lets another thread into the gap; some spin, which is
  /// what does it on many; few sleep, which outlasts a whole operation of the others.
  private static func pause(_ task: TaskPointer) {
    let draw = task.pointee.pauseDraws.next()
    switch draw & 15 {
    case 0..<9: sched_yield()
    case 9..<15:
      for _ in 0..<(50 + (draw >> 8) & 1023) { raw_pause() }
    default: sleep(nanoseconds: 1_000 + Int((draw >> 8) & 0xffff))
    }
  }

  /// A wait for another task: spin a little, then give the core away, then sleep, as the one that is waited for may not
  /// be running.
  private static func relax(_ task: TaskPointer) {
    task.publish(.relaxes, task.published(.relaxes) &+ 1)
    task.pointee.relaxStreak &+= 1
    if task.pointee.relaxStreak < 32 { return }
    if task.pointee.relaxStreak < 256 { sched_yield() } else { sleep(nanoseconds: 20_000) }
  }

  private static func sleep(nanoseconds: Int) {
    var time = timespec(tv_sec: 0, tv_nsec: nanoseconds)
    nanosleep(&time, nil)
  }
}

extension UnsafeMutablePointer where Pointee == Task {
  /// Progress was made: the next wait starts by spinning again.
  @inlinable @inline(__always) package func endStreak() { pointee.relaxStreak = 0 }
}
