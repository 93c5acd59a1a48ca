/// A way out of kernel code that cannot go on while nobody races: BUG(), or a walk without an end, in the VM's making
/// or unmaking. In a race the scheduler leaves the fiber where it stands; outside of one the harness runs such code on
/// a stack of its own, and leaves that.
import CFibers
import Machine

package typealias EscapePointer = UnsafeMutablePointer<Escape>

package struct Escape {
  package typealias Errand = @convention(c) (UnsafeMutableRawPointer) -> Void

  fileprivate var stacks: fiber_stacks
  fileprivate var main: UnsafeMutableRawPointer?
  fileprivate var left: UnsafeMutableRawPointer?
  fileprivate var errand: Errand = { _ in }
  fileprivate var argument: UnsafeMutableRawPointer
  package fileprivate(set) var isRunning = false
  fileprivate var isDone = false

  static func create() -> EscapePointer? {
    var stacks = fiber_stacks()
    guard fiber_stacks_create(&stacks, 1, FiberScheduler.stackKiB << 10) else { return nil }
    let escape = EscapePointer.allocate(capacity: 1)
    escape.initialize(to: Escape(stacks: stacks, argument: UnsafeMutableRawPointer(escape)))
    return escape
  }

  static func destroy(_ escape: EscapePointer) {
    fiber_stacks_destroy(&escape.pointee.stacks)
    escape.deallocate()
  }
}

extension UnsafeMutablePointer where Pointee == Escape {
  /// Runs `errand`; returns when it has ended or was left.
  /// - Returns: false if it was left.
  package func run(_ argument: UnsafeMutableRawPointer, _ errand: @escaping Escape.Errand) -> Bool {
    pointee.errand = errand
    pointee.argument = argument
    pointee.isDone = false
    pointee.isRunning = true
    let fiber = fiber_prepare(fiber_stack_top(&pointee.stacks, 0), enter, self)
    fiber_switch(&pointee.main, fiber)
    pointee.isRunning = false
    return pointee.isDone
  }

  /// Leaves the errand for good, if one is running.
  func leave() {
    if pointee.isRunning { fiber_switch(&pointee.left, pointee.main) }
  }

  fileprivate func finish() {
    pointee.isDone = true
    leave()
  }
}

private let enter: @convention(c) (UnsafeMutableRawPointer?) -> Void = { raw in
  guard let escape = raw?.assumingMemoryBound(to: Escape.self) else { return }
  escape.pointee.errand(escape.pointee.argument)
  escape.finish()
}
