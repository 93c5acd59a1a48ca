/// The ring of events: in order, and none lost when it is full.
import Machine
import Testing

@Suite struct EventRingTests {
  /// What a drain function collects, hung off the machine as a checker suite is.
  private struct Collected {
    var gfns: [Gfn] = []
    var drains = 0
  }

  private static let collect: Machine.Drain = { raw in
    let task = raw.assumingMemoryBound(to: Task.self)
    guard let context = task.pointee.machine.pointee.context else { return }
    let collected = context.assumingMemoryBound(to: Collected.self)
    collected.pointee.drains += 1
    collected.pointee.gfns += task.unread.map(\.gfn)
  }

  private func withCollector(_ body: (TaskPointer, UnsafeMutablePointer<Collected>) -> Void) throws {
    let machine = try MachinePointer.make()
    let collected = UnsafeMutablePointer<Collected>.allocate(capacity: 1)
    collected.initialize(to: Collected())
    machine.pointee.context = UnsafeMutableRawPointer(collected)
    machine.pointee.drain = Self.collect
    body(machine.task(0), collected)
    collected.deinitialize(count: 1)
    collected.deallocate()
    Machine.destroy(machine)
  }

  @Test func `events come out as they went in`() throws {
    try withCollector { task, collected in
      task.emit(
        .seamcall, gfn: 7, old: UInt64(TdxStatus.walkFailed.rawValue), new: 9, entry: 11, level: 2, root: .external,
        flags: Seamcall.pageAug.rawValue)
      let event = task.unread[0]
      #expect(event.kind == .seamcall)
      #expect(event.gfn == 7)
      #expect(event.status == .walkFailed)
      #expect(event.new == 9)
      #expect(event.entry == 11)
      #expect(event.level == 2)
      #expect(event.root == .external)
      #expect(event.seamcall == .pageAug)
      #expect(task.lastStamp == event.stamp)
      #expect(collected.pointee.drains == 0)
    }
  }

  @Test func `a drain hands over what is unread, once`() throws {
    try withCollector { task, collected in
      for gfn: Gfn in 1...3 { task.emit(.store, gfn: gfn) }
      task.drain()
      #expect(collected.pointee.gfns == [1, 2, 3])
      task.drain()
      #expect(collected.pointee.drains == 1)
      task.emit(.store, gfn: 4)
      task.drain()
      #expect(collected.pointee.gfns == [1, 2, 3, 4])
    }
  }

  @Test func `a full ring is drained before the next event, none is lost`() throws {
    try withCollector { task, collected in
      let capacity = Gfn(Task.eventCapacity)
      for gfn in 0..<capacity { task.emit(.store, gfn: gfn) }
      #expect(collected.pointee.drains == 0)
      task.emit(.store, gfn: capacity)
      #expect(collected.pointee.drains == 1)
      #expect(collected.pointee.gfns == Array(0..<capacity))
      for gfn in (capacity + 1)..<(5 * capacity + 17) { task.emit(.store, gfn: gfn) }
      task.drain()
      let isComplete = collected.pointee.gfns == Array(0..<(5 * capacity + 17))
      #expect(isComplete)
    }
  }
}
