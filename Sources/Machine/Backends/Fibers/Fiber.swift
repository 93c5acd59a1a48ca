/// One task as the fiber scheduler sees it: what it is about to do, and whether it may.
import CAtomics

@usableFromInline package struct Fiber {
  @usableFromInline package enum State: UInt8, Sendable {
    /// May take its pending step.
    case ready
    /// Called `cpu_relax()`: it is looked at again when another task has written, or when nobody else can run.
    case relaxed
    /// Waits for a lock or for a vCPU to leave the guest: runs again only once it is woken.
    case blocked
    /// Has ended, or was not started.
    case done
  }

  /// Stack pointer to resume it with.
  var context: UnsafeMutableRawPointer?
  /// The access that it makes when it is chosen next; nil where that has no address.
  package internal(set) var pendingAddress: UnsafeRawPointer?
  /// All that the schedule point was told of it.
  @usableFromInline var pendingPoint: UInt32 = 0
  /// Index in the scheduler's list of ready tasks, -1 if it is not there.
  var position: Int32 = -1
  /// How often it was the running task when a decision was made: where a `Schedule` says that it was left.
  package internal(set) var decisions: UInt32 = 0
  /// How many questions it has asked.
  package internal(set) var questions: UInt32 = 0
  @usableFromInline package internal(set) var state = State.done
  /// What it is blocked on or relaxes for.
  package internal(set) var waitsFor: UnsafeRawPointer?
  /// Hash of all that happened before its last step, with that step.
  var history: UInt64 = 0
}

// What the pending access is.
extension Fiber {
  /// A `schedule_kind`.
  @inlinable @inline(__always) package var pendingKind: UInt32 { pendingPoint & UInt32(SCHEDULE_KIND_MASK) }

  /// The bytes that it accesses, if it accesses memory.
  @inlinable package var pendingBytes: Int {
    let bytes = Int(pendingPoint >> UInt32(SCHEDULE_BYTES_SHIFT))
    return bytes == 0 ? 8 : bytes
  }

  /// Races with it are meant.
  @inlinable package var isExempt: Bool { pendingPoint & UInt32(SCHEDULE_EXEMPT) != 0 }
}

/// What a task may ask of the strategy.
@usableFromInline package enum Question: UInt32, Sendable {
  /// Does this SEAMCALL answer an injected BUSY?
  case busy
  /// `need_resched()`
  case resched
  /// `rwlock_needbreak()`, while another task waits for mmu_lock.
  case needbreak
}

/// How an execution ended.
@usableFromInline package enum ExecutionEnd: Sendable, Equatable {
  /// Every task ran to its end.
  case completed
  /// A rule was broken, or the harness failed: `Machine.reports` has which.
  case halted
  /// No task can ever run again.
  case deadlock
  /// The tasks that are left only wait for a change that none of them makes.
  case livelock
  /// No end within the budget of steps, half of it under a fair schedule.
  case budget
  /// The strategy named a task that cannot run: a schedule that does not fit what it is replayed on.
  case diverged
  /// The code of this task's fiber could not go on.
  case fault(task: Int, CodeFault)

  /// The compiler's own is a call from another module, for each execution.
  @inlinable package static func == (left: ExecutionEnd, right: ExecutionEnd) -> Bool {
    switch (left, right) {
    case (.completed, .completed), (.halted, .halted), (.deadlock, .deadlock), (.livelock, .livelock),
      (.budget, .budget), (.diverged, .diverged):
      true
    case (.fault(let task, let fault), .fault(let other, let seen)): task == other && fault == seen
    default: false
    }
  }
}
