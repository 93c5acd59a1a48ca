import Machine
import Scheduling
import TestSupport
import Testing

@Suite struct PartialOrderSamplingTests {
  /// How often each order of three tasks' first steps came, where the tasks touch these words.
  private func firsts(_ words: [Int], stores: [Bool]) throws -> [[Int]: Int] {
    let rig = try FiberRig.make(3)
    let strategy = PartialOrderSampling(tasks: 3)
    defer { strategy.deallocate() }
    let memory = rig.words
    let bodies: [FiberRig.Body] = (0..<3).map { id in
      { task in if stores[id] { task.store(memory[words[id]], 1) } else { task.load(memory[words[id]]) } }
    }
    var orders: [[Int]: Int] = [:]
    rig.explore(strategy, bodies, count: 6_000) { _, _ in
      orders[rig.log, default: 0] += 1
      return true
    }
    return orders
  }

  @Test func `all orders come, each about as often`() throws {
    for stores in [true, false] {
      let orders = try firsts([0, 0, 0], stores: [stores, stores, stores])
      #expect(orders.count == 6)
      #expect(orders.values.allSatisfy { (850...1150).contains($0) })
    }
  }

  @Test func `steps that race with the chosen one draw anew, all others keep their priority`() throws {
    // Task 1's priority is kept over task 0's many steps where it does not race with them: it comes first, last or is
    // placed by where task 0's steps fall below it. Where it races it is drawn at each step.
    func longestWait(_ races: Bool) throws -> [Int] {
      let rig = try FiberRig.make(2)
      let strategy = PartialOrderSampling(tasks: 2)
      defer { strategy.deallocate() }
      let words = rig.words
      let bodies: [FiberRig.Body] = [
        { for _ in 0..<30 { $0.store(words[0], 1) } },
        { $0.store(words[races ? 0 : 1], 1) },
      ]
      var waits: [Int] = []
      rig.explore(strategy, bodies, count: 4_000) { _, _ in
        waits.append(rig.log.firstIndex(of: 1) ?? -1)
        return true
      }
      return waits
    }
    // Drawn anew, the wait ends at each step with probability 1/2; kept, it lasts all 30 steps with probability 1/31.
    #expect(try longestWait(true).max() ?? 0 < 25)
    let kept = try longestWait(false).count { $0 == 30 }
    #expect((80...190).contains(kept))
  }

  @Test func `the same model is exhausted sooner in classes than by chance`() throws {
    let rig = try FiberRig.make(2)
    let strategy = PartialOrderSampling(tasks: 2)
    defer { strategy.deallocate() }
    var classes: Set<UInt64> = []
    rig.explore(strategy, Micro.bodies(rig, threads: 2, iterations: 2), count: 60_000) { _, _ in
      classes.insert(rig.scheduler.happensBeforeHash)
      return classes.count < 96
    }
    #expect(classes.count == 96)
  }
}
