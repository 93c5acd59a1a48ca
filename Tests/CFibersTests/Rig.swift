import CFibers

/// What a fiber of a test knows: where it and its thread keep their stack pointers, and some memory of its own.
struct Fiber {
  var saved: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  var thread: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  var number: Int
  var value = 0
  var overflow: UnsafeMutablePointer<Int32>

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

/// Fibers of one thread, all with the same body.
final class Rig {
  private(set) var stacks = UnsafeMutablePointer<fiber_stacks>.allocate(capacity: 1)
  let fibers: Fiber.Pointer
  let overflow = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
  let thread = UnsafeMutablePointer<UnsafeMutableRawPointer?>.allocate(capacity: 1)
  private let saved: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  let count: Int

  init(_ count: Int, stackBytes: Int = 64 << 10, body: Fiber.Body) {
    self.count = count
    precondition(fiber_stacks_create(stacks, UInt32(count), stackBytes), "no address space for the stacks")
    fibers = .allocate(capacity: count)
    saved = .allocate(capacity: count)
    overflow.initialize(to: -1)
    thread.initialize(to: nil)
    for number in 0..<count {
      (fibers + number).initialize(
        to: Fiber(saved: saved + number, thread: thread, number: number, overflow: overflow))
      prepare(number, body: body)
    }
  }

  deinit {
    fiber_stacks_destroy(stacks)
    stacks.deallocate()
    fibers.deallocate()
    saved.deallocate()
    overflow.deallocate()
    thread.deallocate()
  }

  func prepare(_ number: Int, body: Fiber.Body) {
    let context = fiber_prepare(fiber_stack_top(stacks, UInt32(number)), body, fibers + number)
    (saved + number).initialize(to: context)
  }

  func register() -> Bool {
    fiber_overflow_register(stacks, overflow, thread)
  }
}
