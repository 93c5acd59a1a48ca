/// A way out of kernel code that cannot go on while nobody races: BUG(), a fault, or a walk without an end, in the VM's
/// making or unmaking. In a race the scheduler leaves the fiber where it stands; outside of one the harness runs such
/// code on a stack of its own, and leaves that.
import CFibers
import Machine

package typealias EscapePointer = UnsafeMutablePointer<Escape>

package struct Escape {
  package typealias Errand = @convention(c) (UnsafeMutableRawPointer) -> Void

  fileprivate let stacks: UnsafeMutablePointer<fiber_stacks>
  fileprivate let main: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  fileprivate let exit: UnsafeMutablePointer<fiber_exit>
  fileprivate let lastFault: UnsafeMutablePointer<fiber_fault>
  fileprivate var left: UnsafeMutableRawPointer?
  fileprivate var errand: Errand = { _ in }
  fileprivate var argument: UnsafeMutableRawPointer
  package fileprivate(set) var isRunning = false
  fileprivate var isDone = false

  private init(_ made: fiber_stacks, _ argument: UnsafeMutableRawPointer) {
    func memory<Value>(_ value: Value) -> UnsafeMutablePointer<Value> {
      let memory = UnsafeMutablePointer<Value>.allocate(capacity: 1)
      memory.initialize(to: value)
      return memory
    }
    stacks = memory(made)
    main = memory(nil)
    exit = memory(fiber_exit())
    lastFault = memory(fiber_fault())
    exit.pointee.stacks = UnsafePointer(stacks)
    exit.pointee.resume = main
    exit.pointee.fault = lastFault
    self.argument = argument
  }

  static func create() -> EscapePointer? {
    var stacks = fiber_stacks()
    guard fiber_stacks_create(&stacks, 1, FiberScheduler.stackKiB << 10) else { return nil }
    let escape = EscapePointer.allocate(capacity: 1)
    escape.initialize(to: Escape(stacks, UnsafeMutableRawPointer(escape)))
    return escape
  }

  static func destroy(_ escape: EscapePointer) {
    fiber_stacks_destroy(escape.pointee.stacks)
    escape.pointee.stacks.deallocate()
    escape.pointee.main.deallocate()
    escape.pointee.exit.deallocate()
    escape.pointee.lastFault.deallocate()
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
    let fiber = fiber_prepare(fiber_stack_top(pointee.stacks, 0), enter, self)
    let outer = fiber_exit_enter(pointee.exit)
    fiber_switch(pointee.main, fiber)
    fiber_exit_leave(outer)
    pointee.isRunning = false
    return pointee.isDone
  }

  /// For what the last errand was left, if its code could not go on.
  var fault: CodeFault? { CodeFault(pointee.lastFault.pointee) }

  /// Has faults and endless loops of this code leave the errand.
  /// - Parameter tasks: whose steps are its progress.
  func watch(_ foreign: ForeignCode, _ machine: MachinePointer, tasks: Range<Int>) {
    foreign.watch(pointee.exit, machine, tasks: tasks)
  }

  /// Leaves the errand for good, if one is running.
  func leave() {
    if pointee.isRunning { fiber_switch(&pointee.left, pointee.main.pointee) }
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
