/// The watchdog on published words alone: what it takes for a hang, and what it does not.
import Campaign
import Machine
import Testing

@Suite struct WatchdogTests {
  /// A machine whose tasks publish what a test says, and a clock that a test sets.
  private final class Scene {
    let machine: MachinePointer
    var watchdog: Watchdog
    var now = 0.0

    init(tasks: Int = 3) throws {
      machine = try #require(Machine.create(tasks: tasks, capacity: 64))
      watchdog = Watchdog(machine, now: 0, patience: 3, limit: 120)
    }

    deinit { Machine.destroy(machine) }

    func enter(_ id: Int, _ operation: Operation = .fault, _ gfn: Gfn = 0x42) {
      machine.pointee.tasks[id].publish(.operation, (UInt64(operation.rawValue) + 1) << 56 | gfn)
    }

    func leave(_ id: Int) {
      let task = machine.pointee.tasks[id]
      task.publish(.operation, 0)
      task.publish(.operationsCompleted, task.published(.operationsCompleted) + 1)
    }

    func wait(_ id: Int, _ waiting: Task.Waiting) { machine.pointee.tasks[id].beginWaiting(waiting) }

    /// Looks ten times a second.
    func pass(_ seconds: Double) {
      for _ in 0..<Int(seconds * 10) {
        now += 0.1
        watchdog.look(now: now)
      }
    }

    var found: Violation? { machine.pointee.reports.violation }
  }

  @Test func `a task that waits for ever while nobody moves is found`() throws {
    let scene = try Scene()
    scene.enter(1, .zap, 0x1234)
    scene.wait(1, .frozenSpte)
    scene.pass(2.9)
    #expect(scene.found == nil)
    scene.pass(2)
    let found = try #require(scene.found)
    #expect(found.checker == .liv1)
    #expect(found.task == 1 && found.operation == .zap && found.gfn == 0x1234)
    #expect(found.seen.contains("waiting for a frozen SPTE"))
    #expect(scene.machine.pointee.tasks[0].isHalted)
  }

  @Test func `tasks that wait for the lock alone are a deadlock`() throws {
    let scene = try Scene()
    scene.enter(0)
    scene.wait(0, .mmuLockRead)
    scene.enter(2)
    scene.wait(2, .mmuLockWrite)
    scene.pass(5)
    #expect(scene.found?.checker == .lck2)
  }

  @Test func `the culprit is whom the others wait for`() throws {
    let scene = try Scene()
    for id in 0..<3 { scene.enter(id) }
    scene.wait(0, .mmuLockWrite)
    scene.wait(1, .busySeamcall)
    scene.wait(2, .faultRetry)
    scene.pass(5)
    let found = try #require(scene.found)
    #expect(found.checker == .liv1 && found.task == 1)
    #expect(found.seen.contains("1 retrying a fault, 1 waiting for mmu_lock (write)"))
  }

  @Test func `one operation that ends anywhere is progress`() throws {
    let scene = try Scene()
    scene.enter(0)
    scene.wait(0, .mmuLockRead)
    for _ in 0..<20 {
      scene.pass(2)
      scene.enter(1)
      scene.leave(1)
    }
    #expect(scene.found == nil)
  }

  @Test func `a task that waits for nobody gets its time`() throws {
    let scene = try Scene()
    scene.enter(0)
    scene.enter(1)
    scene.wait(1, .frozenSpte)
    scene.pass(100)
    #expect(scene.found == nil)
    scene.pass(30)
    let found = try #require(scene.found)
    #expect(found.checker == .liv1 && found.task == 0)
    #expect(found.seen.contains("running without end"))
  }

  @Test func `tasks between operations are waited for in vain and no sign of a hang`() throws {
    let scene = try Scene()
    scene.wait(0, .frozenSpte)
    scene.pass(1000)
    #expect(scene.found == nil)
  }

  @Test(arguments: [10.0, 1000])
  func `a process that was stopped for a while is not taken for a hang`(seconds: Double) throws {
    let scene = try Scene()
    scene.enter(0)
    scene.wait(0, .faultRetry)
    scene.pass(1)
    scene.now += seconds
    scene.pass(1)
    #expect(scene.found == nil)
  }

  @Test func `a new round begins with new patience`() throws {
    let scene = try Scene()
    scene.enter(0)
    scene.wait(0, .faultRetry)
    for _ in 0..<10 {
      scene.pass(2)
      scene.watchdog.rest(now: scene.now)
    }
    #expect(scene.found == nil)
  }
}
