import CFibers

/// What a fiber of a test knows: where it and its thread keep their stack pointers, and some memory of its own.
struct Fiber {
  var saved: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  var thread: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  var number: Int
  var value = 0

  typealias Pointer = UnsafeMutablePointer<Fiber>
  typealias Body = @convention(c) (UnsafeMutableRawPointer?) -> Void

  static func of(_ argument: UnsafeMutableRawPointer?) -> Pointer {
    argument!.assumingMemoryBound(to: Fiber.self)
  }
}

extension UnsafeMutablePointer where Pointee == Fiber {
  /// Called on the fiber: continues the thread.
  func yield() {
    fiber_switch(pointee.saved, pointee.thread.pointee)
  }

  /// Called on the thread: continues the fiber until it yields or its stack overflows.
  func resume() {
    fiber_switch(pointee.thread, pointee.saved.pointee)
  }

  /// Called on the fiber: ends it.
  func end() {
    while true { yield() }
  }
}

/// Fibers of one thread, all with the same body. Faults lead out of them while they run.
final class Rig {
  private(set) var stacks = UnsafeMutablePointer<fiber_stacks>.allocate(capacity: 1)
  let fibers: Fiber.Pointer
  let fault = UnsafeMutablePointer<fiber_fault>.allocate(capacity: 1)
  let exit = UnsafeMutablePointer<fiber_exit>.allocate(capacity: 1)
  /// Words of which one changes with each step.
  let progress = UnsafeMutablePointer<UnsafePointer<Int64>?>.allocate(capacity: 1)
  let steps = UnsafeMutablePointer<Int64>.allocate(capacity: 1)
  let thread = UnsafeMutablePointer<UnsafeMutableRawPointer?>.allocate(capacity: 1)
  private let saved: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  let count: Int

  init(_ count: Int, stackBytes: Int = 64 << 10, body: Fiber.Body) {
    self.count = count
    precondition(fiber_stacks_create(stacks, UInt32(count), stackBytes), "no address space for the stacks")
    fibers = .allocate(capacity: count)
    saved = .allocate(capacity: count)
    fault.initialize(to: fiber_fault())
    exit.initialize(to: fiber_exit())
    steps.initialize(to: 0)
    progress.initialize(to: UnsafePointer(steps))
    thread.initialize(to: nil)
    for number in 0..<count {
      (fibers + number).initialize(
        to: Fiber(saved: saved + number, thread: thread, number: number))
      prepare(number, body: body)
    }
  }

  deinit {
    fiber_stacks_destroy(stacks)
    stacks.deallocate()
    fibers.deallocate()
    saved.deallocate()
    fault.deallocate()
    exit.deallocate()
    progress.deallocate()
    steps.deallocate()
    thread.deallocate()
  }

  func prepare(_ number: Int, body: Fiber.Body) {
    let context = fiber_prepare(fiber_stack_top(stacks, UInt32(number)), body, fibers + number)
    (saved + number).initialize(to: context)
  }

  func register() -> Bool {
    exit.pointee.stacks = UnsafePointer(stacks)
    exit.pointee.resume = thread
    exit.pointee.fault = fault
    return fiber_faults_register()
  }

  /// Continues a fiber until it yields, ends, or is left.
  func resume(_ number: Int) {
    let outer = fiber_exit_enter(exit)
    (fibers + number).resume()
    fiber_exit_leave(outer)
  }

  /// The fiber whose stack the last one to run has used up, nil if it has not.
  var overflowed: Int? { fault.pointee.kind == FIBER_STACK_OVERFLOW.rawValue ? Int(fault.pointee.stack) : nil }
}
