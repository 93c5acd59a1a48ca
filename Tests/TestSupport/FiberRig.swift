/// A machine whose tasks are fibers, with closures for what they do and for who goes on.
import CAtomics
import Machine

package final class FiberRig {
  package typealias Body = (TaskPointer) -> Void

  package let machine: MachinePointer
  package let scheduler: FiberSchedulerPointer
  /// For bodies to share, each in a cache line of its own; zero at the beginning of each run.
  package let words: [UnsafeMutablePointer<UInt64>]
  private let memory: UnsafeMutableRawPointer
  private var bodies: [Body] = []

  /// The strategy of the next runs: by default no task is left that can go on.
  package var next: (FiberSchedulerPointer) -> Int = { $0.defaultNext }
  package var answer: (FiberSchedulerPointer, Question) -> Bool = { _, _ in false }

  private static let wordCount = 8
  private static let line = 64

  /// - Returns: nil if the address space cannot be had.
  package init?(tasks: Int) {
    guard let machine = Machine.create(tasks: tasks, capacity: 4096) else { return nil }
    guard let scheduler = FiberScheduler.create(machine) else {
      Machine.destroy(machine)
      return nil
    }
    self.machine = machine
    self.scheduler = scheduler
    let memory = UnsafeMutableRawPointer.allocate(byteCount: Self.wordCount * Self.line, alignment: Self.line)
    self.memory = memory
    words = (0..<Self.wordCount).map { (memory + $0 * Self.line).bindMemory(to: UInt64.self, capacity: 1) }
    scheduler.pointee.engine = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit {
    FiberScheduler.destroy(scheduler)
    Machine.destroy(machine)
    memory.deallocate()
  }

  package func task(_ id: Int) -> TaskPointer { machine.pointee.tasks[id] }

  /// The task of each step of the last run.
  package var log: [Int] { scheduler.log.map(Int.init) }

  /// Runs one task for each body under `next` and `answer`.
  @discardableResult package func run(_ bodies: [Body]) -> ExecutionEnd { run(bodies, chooser) }

  /// Runs `count` tasks with the same body.
  @discardableResult package func run(_ count: Int, _ body: @escaping Body) -> ExecutionEnd {
    run(Array(repeating: body, count: count))
  }

  @discardableResult package func run(_ bodies: [Body], _ chooser: FiberScheduler.Chooser) -> ExecutionEnd {
    self.bodies = bodies
    return again(chooser)
  }

  /// The same bodies again.
  package func again(_ chooser: FiberScheduler.Chooser) -> ExecutionEnd {
    for word in words { word.pointee = 0 }
    return scheduler.run(
      count: bodies.count,
      body: { raw in
        let task = raw.assumingMemoryBound(to: Task.self)
        guard let engine = task.pointee.fibers?.pointee.engine else { return }
        let body = Unmanaged<FiberRig>.fromOpaque(engine).takeUnretainedValue().bodies[task.pointee.id]
        body(task)
      }, chooser: chooser)
  }

  package var chooser: FiberScheduler.Chooser {
    FiberScheduler.Chooser(
      state: Unmanaged.passUnretained(self).toOpaque(),
      nextTask: { state, scheduler in
        let rig = Unmanaged<FiberRig>.fromOpaque(state).takeUnretainedValue()
        return Int32(rig.next(scheduler.assumingMemoryBound(to: FiberScheduler.self)))
      },
      answer: { state, scheduler, question in
        let rig = Unmanaged<FiberRig>.fromOpaque(state).takeUnretainedValue()
        return rig.answer(
          scheduler.assumingMemoryBound(to: FiberScheduler.self), Question(rawValue: question) ?? .busy)
      })
  }

  /// From here on the tasks run in this order, one step each; the default is followed where it is used up.
  package func follow(_ order: [Int]) {
    var rest = order[...]
    next = { scheduler in rest.popFirst() ?? scheduler.defaultNext }
  }
}

extension UnsafeMutablePointer where Pointee == Task {
  /// One step that reads a word.
  @discardableResult package func load(_ word: UnsafeMutablePointer<UInt64>) -> UInt64 { read_once64(point, word) }
  /// One step that writes it.
  package func store(_ word: UnsafeMutablePointer<UInt64>, _ value: UInt64) { write_once64(point, word, value) }
  /// One step for an access that nothing announces, as a kernel's hooks make it. It is not made.
  package func plain(_ kind: schedule_kind, _ address: UnsafeRawPointer, bytes: Int = 8, isExempt: Bool = false) {
    let exempt = isExempt ? UInt32(SCHEDULE_EXEMPT) : 0
    schedule_point_pass(point, kind.rawValue | exempt | UInt32(bytes) << UInt32(SCHEDULE_BYTES_SHIFT), address)
  }
  /// One step that may write it.
  @discardableResult package func exchange(
    _ word: UnsafeMutablePointer<UInt64>, _ expected: UInt64, _ value: UInt64
  ) -> Bool {
    var old = expected
    return try_cmpxchg64(point, word, &old, value)
  }
}
