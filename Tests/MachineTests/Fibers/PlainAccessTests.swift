/// Accesses that nothing announces, as steps on fibers: what a kernel's hooks make of them, without a kernel.
import CAtomics
import Machine
import TestSupport
import Testing

@Suite struct PlainAccessTests {
  typealias Step = (TaskPointer, UnsafeMutableRawPointer) -> Void

  /// Whether two steps of two tasks may be exchanged without another happens-before hash.
  private func commute(_ first: @escaping Step, _ second: @escaping Step) throws -> Bool {
    let rig = try FiberRig.make(2)
    rig.scheduler.usePartialWords()
    // The rig's words are lines apart, so that there is room behind the first.
    let memory = UnsafeMutableRawPointer(rig.words[0])
    let hashes = [[0, 1], [1, 0]].map { order in
      rig.follow(order)
      rig.run([{ first($0, memory) }, { second($0, memory) }])
      return rig.scheduler.happensBeforeHash
    }
    return hashes[0] == hashes[1]
  }

  private static func read(_ offset: Int, _ bytes: Int) -> Step {
    { $0.plain(SCHEDULE_PLAIN_LOAD, $1 + offset, bytes: bytes) }
  }

  private static func write(_ offset: Int, _ bytes: Int) -> Step {
    { $0.plain(SCHEDULE_PLAIN_STORE, $1 + offset, bytes: bytes) }
  }

  @Test func `each is one decision, and the scheduler knows its kind, its size and whether a race is meant`() throws {
    let rig = try FiberRig.make(2)
    let word = UnsafeRawPointer(rig.words[0])
    var seen: [[Int]] = []
    rig.next = { scheduler in
      let fiber = scheduler.pointee.fibers[1]
      seen.append([Int(fiber.pendingKind), fiber.pendingBytes, fiber.isExempt ? 1 : 0])
      return scheduler.isReady(1) ? 1 : 0
    }
    rig.run([
      { $0.load(rig.words[1]) },
      {
        $0.plain(SCHEDULE_PLAIN_LOAD, word, bytes: 4)
        $0.plain(SCHEDULE_PLAIN_STORE, word, bytes: 1, isExempt: true)
        $0.load(rig.words[0])
      },
    ])
    #expect(seen.prefix(3) == [[16, 4, 0], [17, 1, 1], [0, 8, 0]])
    #expect(rig.log == [1, 1, 1, 0])
  }

  @Test func `a plain access conflicts as a load or store of its word does, whatever part of it is accessed`() throws {
    #expect(try commute(Self.read(0, 8), Self.read(4, 4)))
    #expect(try !commute(Self.read(0, 1), Self.write(7, 1)))
    #expect(try !commute(Self.write(0, 4), Self.write(4, 4)))
    #expect(try commute(Self.write(0, 8), Self.write(8, 8)))
    #expect(
      try !commute({ task, memory in task.store(memory.assumingMemoryBound(to: UInt64.self), 1) }, Self.read(6, 2)))
    #expect(try commute({ task, memory in task.load(memory.assumingMemoryBound(to: UInt64.self)) }, Self.read(6, 2)))
  }

  @Test func `one that is not aligned, or longer than a word, is one of each word that it touches`() throws {
    #expect(try !commute(Self.write(4, 8), Self.read(0, 1)))
    #expect(try !commute(Self.write(4, 8), Self.read(15, 1)))
    #expect(try commute(Self.write(4, 8), Self.read(16, 8)))
    #expect(try !commute(Self.read(0, 40), Self.write(39, 1)))
    #expect(try commute(Self.read(0, 40), Self.write(40, 1)))
  }

  @Test func `annotated accesses to the halves of a word conflict only where words may be accessed by parts`() throws {
    for isPartial in [false, true] {
      let rig = try FiberRig.make(2)
      if isPartial { rig.scheduler.usePartialWords() }
      let memory = UnsafeMutableRawPointer(rig.words[0])
      func store(_ offset: Int) -> FiberRig.Body {
        { schedule_point_pass($0.point, SCHEDULE_STORE.rawValue | 4 << UInt32(SCHEDULE_BYTES_SHIFT), memory + offset) }
      }
      let hashes = [[0, 1], [1, 0]].map { order in
        rig.follow(order)
        rig.run([store(0), store(4)])
        return rig.scheduler.happensBeforeHash
      }
      #expect((hashes[0] == hashes[1]) == !isPartial)
    }
  }

  @Test func `a plain write ends the wait of a task that relaxes`() throws {
    for (kind, wakes) in [(SCHEDULE_PLAIN_STORE, true), (SCHEDULE_PLAIN_LOAD, false)] {
      let rig = try FiberRig.make(2)
      let word = UnsafeRawPointer(rig.words[0])
      var isReady: [Bool] = []
      rig.next = { scheduler in
        isReady.append(scheduler.isReady(0))
        // The first task relaxes, then the other one goes on alone.
        return scheduler.pointee.steps == 0 ? 0 : scheduler.isReady(1) ? 1 : 0
      }
      rig.run([
        { task in
          task.load(rig.words[1])
          cpu_relax(task.point, word)
        },
        { task in
          task.plain(kind, word)
          task.load(rig.words[1])
        },
      ])
      #expect(isReady.prefix(3) == [true, false, wakes])
    }
  }

  @Test func `a plain write is a change that strategies may preempt at, a plain read is none`() {
    #expect(FiberScheduler.isChange(SCHEDULE_PLAIN_STORE.rawValue))
    #expect(!FiberScheduler.isChange(SCHEDULE_PLAIN_LOAD.rawValue))
  }
}
