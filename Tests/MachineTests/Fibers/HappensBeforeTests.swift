/// The happens-before hash: one value for all orders of independent steps, another where two steps conflict.
import CAtomics
import Machine
import TestSupport
import Testing

@Suite struct HappensBeforeTests {
  typealias Words = [UnsafeMutablePointer<UInt64>]
  typealias Step = @Sendable (TaskPointer, Words) -> Void

  /// The hash after two tasks took one step each, in this order.
  private func hash(_ rig: FiberRig, _ order: [Int], _ first: @escaping Step, _ second: @escaping Step) -> UInt64 {
    let words = rig.words
    rig.follow(order)
    rig.run([{ first($0, words) }, { second($0, words) }])
    return rig.scheduler.happensBeforeHash
  }

  private func commute(_ first: @escaping Step, _ second: @escaping Step) throws -> Bool {
    let rig = try FiberRig.make(2)
    return hash(rig, [0, 1], first, second) == hash(rig, [1, 0], first, second)
  }

  private static let load: Step = { $0.load($1[0]) }
  private static let store: Step = { $0.store($1[0], 1) }
  private static let exchange: Step = { $0.exchange($1[0], 0, 1) }
  /// Loses whatever the others do.
  private static let losing: Step = { $0.exchange($1[0], 99, 1) }

  @Test func `steps on different words commute`() throws {
    #expect(try commute(Self.store) { $0.store($1[1], 1) })
    #expect(try commute(Self.exchange) { $0.load($1[1]) })
  }

  @Test func `reads of one word commute, and a cmpxchg that lost is a read`() throws {
    #expect(try commute(Self.load, Self.load))
    #expect(try commute(Self.load, Self.losing))
    #expect(try commute(Self.losing, Self.losing))
  }

  @Test func `a write and another access to its word do not commute`() throws {
    #expect(try !commute(Self.store, Self.load))
    #expect(try !commute(Self.store, Self.store))
    #expect(try !commute(Self.exchange, Self.load))
    #expect(try !commute(Self.store, Self.losing))
  }

  @Test func `locking for read commutes with itself, and not with locking for write`() throws {
    let reading: Step = { task, _ in
      task.readLock()
      task.readUnlock()
    }
    let writing: Step = { task, _ in
      task.writeLock()
      task.writeUnlock()
    }
    let rig = try FiberRig.make(2)
    #expect(hash(rig, [0, 0, 1, 1], reading, reading) == hash(rig, [0, 1, 0, 1], reading, reading))
    #expect(hash(rig, [0, 0, 1, 1], reading, reading) == hash(rig, [1, 1, 0, 0], reading, reading))
    #expect(hash(rig, [0, 0, 1, 1], reading, writing) != hash(rig, [1, 1, 0, 0], reading, writing))
    #expect(hash(rig, [0, 0, 1, 1], writing, writing) != hash(rig, [1, 1, 0, 0], writing, writing))
  }

  @Test func `the hash is about what the task did, not about where its words are`() throws {
    let (one, two) = (try FiberRig.make(2), try FiberRig.make(2))
    let other: Step = { $0.load($1[3]) }
    #expect(hash(one, [0, 1], Self.store, Self.load) == hash(two, [0, 1], Self.store, Self.load))
    #expect(hash(one, [0, 1], Self.load, Self.load) == hash(two, [0, 1], other, other))
  }

  @Test func `more words than the table was made for change nothing`() throws {
    let rig = try FiberRig.make(2)
    let many = UnsafeMutablePointer<UInt64>.allocate(capacity: 3000)
    many.initialize(repeating: 0, count: 3000)
    defer { many.deallocate() }
    func run(_ quantum: Int) -> UInt64 {
      rig.next = { scheduler in
        let turn = scheduler.pointee.steps / quantum & 1
        return scheduler.isReady(turn) ? turn : scheduler.lowestReady
      }
      // Halves that have nothing in common.
      rig.run(2) { task in
        for index in 0..<1500 { task.store(many + 2 * index + task.pointee.id, 1) }
        for index in 0..<1500 { task.load(many + 2 * index + task.pointee.id) }
      }
      return rig.scheduler.happensBeforeHash
    }
    let hash = run(1)
    #expect(run(7) == hash)
    #expect(run(10_000) == hash)
  }
}
