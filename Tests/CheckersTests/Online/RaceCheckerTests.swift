/// RACE-1 on fibers, without a kernel: what is a race, and what only looks like one.
import CAtomics
import Checkers
import Glibc
import Machine
import TestSupport
import Testing

@Suite struct RaceCheckerTests {
  /// A rig whose machine has the checkers, RACE-1 among them.
  private final class Rig {
    let fibers: FiberRig
    let suite: CheckerSuitePointer
    var machine: MachinePointer { fibers.machine }
    var memory: UnsafeMutableRawPointer { UnsafeMutableRawPointer(fibers.words[0]) }

    init() throws {
      fibers = try #require(FiberRig(tasks: 2))
      suite = CheckerSuite.install(on: fibers.machine, guestPages: 512, mergesPrivate: false)
      fibers.scheduler.usePartialWords()
      RaceChecker.install(on: fibers.scheduler)
    }

    deinit { CheckerSuite.remove(suite) }

    /// The violation of a run under the default schedule, in which the second task has not moved yet.
    func race(_ first: @escaping Access, _ second: @escaping Access) -> Violation? {
      machine.pointee.clearHalt()
      machine.pointee.reports.reset()
      let memory = memory
      fibers.run([{ first($0, memory) }, { second($0, memory) }])
      return machine.pointee.reports.violation
    }
  }

  typealias Access = @Sendable (TaskPointer, UnsafeMutableRawPointer) -> Void

  private static func read(_ offset: Int = 0, _ bytes: Int = 8, isExempt: Bool = false) -> Access {
    { $0.plain(SCHEDULE_PLAIN_LOAD, $1 + offset, bytes: bytes, isExempt: isExempt) }
  }

  private static func write(_ offset: Int = 0, _ bytes: Int = 8, isExempt: Bool = false) -> Access {
    { $0.plain(SCHEDULE_PLAIN_STORE, $1 + offset, bytes: bytes, isExempt: isExempt) }
  }

  private static let markedRead: Access = { $0.load($1.assumingMemoryBound(to: UInt64.self)) }
  private static let markedWrite: Access = { $0.store($1.assumingMemoryBound(to: UInt64.self), 1) }
  private static let cmpxchg: Access = { $0.exchange($1.assumingMemoryBound(to: UInt64.self), 0, 1) }

  @Test func `a plain access and another one to its bytes race, if one of them writes`() throws {
    let rig = try Rig()
    let pairs: [(Access, Access)] = [
      (Self.read(), Self.write()), (Self.write(), Self.read()), (Self.write(), Self.write()),
      (Self.read(), Self.markedWrite), (Self.markedRead, Self.write()), (Self.cmpxchg, Self.read()),
      (Self.write(), Self.cmpxchg),
    ]
    for (first, second) in pairs { #expect(rig.race(first, second)?.checker == .race1) }
  }

  @Test func `marked accesses do not race, nor do reads`() throws {
    let rig = try Rig()
    #expect(rig.race(Self.markedWrite, Self.markedWrite) == nil)
    #expect(rig.race(Self.markedRead, Self.cmpxchg) == nil)
    #expect(rig.race(Self.read(), Self.read()) == nil)
    #expect(rig.race(Self.read(), Self.markedRead) == nil)
    #expect(rig.suite.pointee.checks(.race1) == 8)
  }

  @Test func `it is bytes that race, not words`() throws {
    let rig = try Rig()
    #expect(rig.race(Self.write(0, 4), Self.write(4, 4)) == nil)
    #expect(rig.race(Self.write(3, 1), Self.read(4, 4)) == nil)
    #expect(rig.race(Self.write(0, 4), Self.read(3, 1))?.checker == .race1)
    #expect(rig.race(Self.write(4, 8), Self.read(8, 8))?.checker == .race1)
    #expect(rig.race(Self.write(0, 40), Self.read(32, 8))?.checker == .race1)
    let half: Access = { task, memory in
      schedule_point_pass(task.point, SCHEDULE_STORE.rawValue | 4 << UInt32(SCHEDULE_BYTES_SHIFT), memory + 4)
    }
    #expect(rig.race(half, Self.read(0, 4)) == nil)
    #expect(rig.race(half, Self.read(0, 8))?.checker == .race1)
  }

  @Test func `one thread does not race with itself`() throws {
    let rig = try Rig()
    #expect(
      rig.race(
        {
          Self.write()($0, $1)
          Self.read()($0, $1)
          Self.write()($0, $1)
        }, { _, _ in }) == nil)
  }

  @Test func `what a lock orders is no race under any schedule`() throws {
    let rig = try Rig()
    let locked: Access = { task, memory in
      task.writeLock()
      Self.read()(task, memory)
      Self.write()(task, memory)
      task.writeUnlock()
    }
    let unlocked: Access = { task, memory in
      Self.read()(task, memory)
      Self.write()(task, memory)
    }
    var draws = SplitMix64(state: 1)
    rig.fibers.next = { scheduler in
      Int(scheduler.pointee.ready[Int(draws.below(UInt64(scheduler.pointee.readyCount)))])
    }
    #expect((0..<500).allSatisfy { _ in rig.race(locked, locked) == nil })
    #expect((0..<500).contains { _ in rig.race(locked, unlocked)?.checker == .race1 })
  }

  @Test func `what data_race() says is meant is no race, on either side`() throws {
    let rig = try Rig()
    #expect(rig.race(Self.read(isExempt: true), Self.write()) == nil)
    #expect(rig.race(Self.write(), Self.read(isExempt: true)) == nil)
    #expect(rig.race(Self.write(isExempt: true), Self.markedWrite) == nil)
  }

  @Test func `a race that the subject is known to have is passed over, unless both write`() throws {
    let rig = try Rig()
    rig.machine.pointee.wordName = { _, _ in name }
    rig.machine.pointee.codePlace = { UnsafeRawPointer($0) }
    rig.machine.pointee.isKnownRace = { _, _, _, word in String(cString: word) == "a word" }
    #expect(rig.race(Self.read(), Self.write()) == nil)
    #expect(rig.race(Self.write(), Self.write())?.checker == .race1)
    rig.machine.pointee.isKnownRace = { _, _, _, _ in false }
    #expect(rig.race(Self.read(), Self.write())?.checker == .race1)
  }

  @Test func `the report names both threads, their bytes and what these hold`() throws {
    let rig = try Rig()
    rig.fibers.words[0].pointee = 0
    let violation = try #require(rig.race(Self.read(2, 4), Self.write(4, 1)))
    #expect(
      violation.seen
        == "plain read of 4 bytes by thread 0 and plain write of 1 byte by thread 1 of one word, in either order; the "
        + "byte that both access holds 0x0")
    #expect(violation.accesses.map(\.text) == ["plain read", "plain write"])
    #expect(violation.accesses.map(\.task) == [0, 1])
    #expect(violation.task == 0)
  }
}

/// Lives as long as the process.
nonisolated(unsafe) private let name: UnsafePointer<CChar>? = "a word".withCString { UnsafePointer(strdup($0)) }
