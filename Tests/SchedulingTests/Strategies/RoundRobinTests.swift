import Machine
import Scheduling
import TestSupport
import Testing

@Suite struct RoundRobinTests {
  @Test func `every task gets the same number of steps in its turn, and small numbers are more likely`() throws {
    let rig = try FiberRig.make(3)
    let word = rig.words[0]
    let bodies: [FiberRig.Body] = Array(repeating: { for _ in 0..<300 { $0.load(word) } }, count: 3)
    var quanta: [Int] = []
    rig.explore(RoundRobin(), bodies, count: 300) { _, _ in
      let log = rig.log
      let quantum = log.firstIndex { $0 != 0 } ?? 0
      quanta.append(quantum)
      // While nobody has ended.
      #expect((0..<600).allSatisfy { log[$0] == $0 / quantum % 3 })
      return true
    }
    #expect(quanta.allSatisfy { (1...128).contains($0) })
    #expect(quanta.count { $0 <= 8 } > 130 && quanta.contains { $0 > 64 })
  }

  @Test func `a task that cannot go on gives its turn away`() throws {
    let rig = try FiberRig.make(3)
    let word = rig.words[0]
    let bodies: [FiberRig.Body] = [
      { task in
        task.writeLock()
        for _ in 0..<20 { task.load(word) }
        task.writeUnlock()
      },
      { task in
        task.writeLock()
        task.writeUnlock()
      },
      { task in
        task.readLock()
        task.readUnlock()
      },
    ]
    rig.explore(RoundRobin(), bodies, count: 50) { _, end in
      #expect(end == .completed)
      return true
    }
  }
}
