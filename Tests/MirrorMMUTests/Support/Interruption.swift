/// Code that runs in the middle of an operation, at its schedule points: what another thread would do there.
///
/// The task's backend is replaced by one that hands every schedule point to a closure. Deterministic, with one thread.
import CAtomics
import Machine
import Synchronization

final class Interruption: @unchecked Sendable {
  typealias Body = (_ kind: UInt32, _ address: UnsafeRawPointer?) -> Void

  private let task: TaskPointer
  private let before: schedule_point
  private let body: Body
  private var isInside = false

  /// By the address of the schedule point, which is all that the C side hands over.
  private static let active = Mutex<[UInt: Interruption]>([:])

  /// Replaces the task's backend until `end`. Schedule points that `body` itself passes do not call it again.
  init(_ task: TaskPointer, _ body: @escaping Body) {
    self.task = task
    self.body = body
    before = task.pointee.point
    Self.active.withLock { $0[UInt(bitPattern: task)] = self }
    task.pointee.point = schedule_point(countdown: 1) { point, kind, address in
      guard let point else { return }
      point.pointee.countdown = 1
      guard let interruption = Interruption.active.withLock({ $0[UInt(bitPattern: point)] }) else { return }
      interruption.pass(kind, address.map { UnsafeRawPointer($0) })
    }
  }

  private func pass(_ kind: UInt32, _ address: UnsafeRawPointer?) {
    guard !isInside else { return }
    isInside = true
    body(kind, address)
    isInside = false
  }

  /// Gives the task its own backend back.
  func end() {
    task.pointee.point = before
    Self.active.withLock { _ = $0.removeValue(forKey: UInt(bitPattern: task)) }
  }
}
