/// `cpu_relax()`: who relaxes is not ready until what it looks at is written, or nobody else can run.
import Machine
import TestSupport
import Testing

@Suite struct RelaxTests {
  private static let steps = 6

  /// Task 0 relaxes on an entry, task 1 takes steps of which number `write` writes `written`.
  /// - Returns: the step of task 1 after which task 0 was ready again; nil if it had to wait for task 1's end.
  private func wakes(_ rig: FiberRig, on entry: UnsafeRawPointer, writes: @escaping (TaskPointer) -> Void) -> Int? {
    var readyAt: Int?
    rig.next = { scheduler in
      let taken = scheduler.log.count { $0 == 1 }
      if scheduler.pointee.current == 1, scheduler.isReady(0), readyAt == nil, scheduler.isReady(1) { readyAt = taken }
      return scheduler.pointee.current < 0 ? 0 : scheduler.isReady(1) ? 1 : 0
    }
    let word = rig.words[7]
    rig.run([
      { task in
        task.load(word)
        _ = task.relax(entry)
      },
      { task in
        for index in 1...Self.steps { if index == 3 { writes(task) } else { task.load(word) } }
      },
    ])
    return readyAt
  }

  @Test func `a write of the SPTE by another task wakes, at once and not before`() throws {
    let rig = try FiberRig.make(2)
    let entry = rig.spte()
    #expect(wakes(rig, on: entry) { $0.writeSpte(entry, Spte.nonpresent) } == 3)
    #expect(wakes(rig, on: entry) { _ = $0.xchgSpte(entry, Spte.nonpresent) } == 3)
  }

  @Test func `a write of another SPTE, a read, and a write of something else do not`() throws {
    let rig = try FiberRig.make(2)
    let entry = rig.spte()
    let words = rig.words
    #expect(wakes(rig, on: entry) { $0.writeSpte(entry + 1, Spte.nonpresent) } == nil)
    #expect(wakes(rig, on: entry) { _ = $0.readSpte(entry) } == nil)
    #expect(wakes(rig, on: entry) { $0.store(words[0], 1) } == nil)
  }

  @Test func `who relaxes on anything but an SPTE is woken by any write`() throws {
    let rig = try FiberRig.make(2)
    let words = rig.words
    #expect(wakes(rig, on: words[0]) { $0.store(words[3], 1) } == 3)
    #expect(wakes(rig, on: words[0]) { $0.load(words[0]) } == nil)
  }

  @Test func `who relaxes is looked at again when nobody else can run`() throws {
    let rig = try FiberRig.make(3)
    let words = rig.words
    var order: [Int] = []
    let end = rig.run([
      { task in
        task.load(words[0])
        _ = task.relax(words[0])
        order.append(0)
      },
      { task in
        task.load(words[0])
        _ = task.relax(words[0])
        order.append(1)
      },
      { task in
        for _ in 0..<4 { task.load(words[0]) }
        order.append(2)
      },
    ])
    #expect(end == .completed)
    #expect(order == [2, 0, 1])
  }
}
