import CAtomics
import Machine
import Scheduling
import TestSupport
import Testing

@Suite struct PctTests {
  private func pct(_ depth: Int, changesOnly: Bool = false, tasks: Int = 3) -> Pct {
    Pct(depth: depth, changesOnly: changesOnly, tasks: tasks)
  }

  @Test(arguments: 1...5) func `depth d preempts at most d - 1 times, and sometimes that often`(depth: Int) throws {
    let rig = try FiberRig.make(3)
    let strategy = pct(depth)
    defer { strategy.deallocate() }
    var (preemptions, most) = (0, 0)
    rig.explore(
      strategy, Micro.bodies(rig, threads: 3, iterations: 2), count: 3_000,
      watch: { scheduler, choice in preemptions += scheduler.isPreemption(choice) ? 1 : 0 },
      each: { _, end in
        #expect(end == .completed)
        most = max(most, preemptions)
        preemptions = 0
        return true
      })
    #expect(most == depth - 1)
  }

  @Test func `changesOnly preempts at writes and locks alone`() throws {
    let rig = try FiberRig.make(3)
    var kinds: [Bool: Set<UInt32>] = [:]
    for changesOnly in [false, true] {
      let strategy = pct(4, changesOnly: changesOnly)
      defer { strategy.deallocate() }
      rig.explore(
        strategy, Micro.bodies(rig, threads: 3, iterations: 3), count: 2_000,
        watch: { scheduler, choice in
          guard scheduler.isPreemption(choice) else { return }
          kinds[changesOnly, default: []].insert(scheduler.pointee.fibers[scheduler.pointee.current].pendingKind)
        }, each: { _, _ in true })
    }
    let changes: Set<UInt32> = [SCHEDULE_STORE.rawValue, SCHEDULE_RMW.rawValue]
    #expect(kinds[true] == changes)
    #expect(kinds[false] == changes.union([SCHEDULE_LOAD.rawValue]))
  }

  @Test func `a bug of depth 3 is out of reach of depth 2, and not of depth 3`() throws {
    let rig = try FiberRig.make(3)
    let bodies = Micro.bodies(rig, threads: 3, iterations: 2, thawsFirst: true)
    for (depth, isFound) in [(2, false), (3, true)] {
      let strategy = pct(depth)
      defer { strategy.deallocate() }
      var found = false
      rig.explore(strategy, bodies, count: 200_000) { _, _ in
        found = rig.words[0].pointee != rig.words[1].pointee
        return !found
      }
      #expect(found == isFound)
    }
  }

  @Test func `who met a change point later may go on first`() throws {
    let rig = try FiberRig.make(3)
    let words = rig.words
    let strategy = pct(3)
    defer { strategy.deallocate() }
    // The first is left after one of its two steps, so is the second, the third runs to its end: both orders of what
    // is left are of depth 3.
    var logs: Set<[Int]> = []
    let bodies: [FiberRig.Body] = (0..<3).map { id in
      { task in for _ in 0..<2 { task.store(words[id], 1) } }
    }
    rig.explore(strategy, bodies, count: 3_000) { _, _ in
      logs.insert(rig.log)
      return true
    }
    #expect(logs.contains([0, 1, 2, 2, 0, 1]))
    #expect(logs.contains([0, 1, 2, 2, 1, 0]))
  }

  @Test func `a task that spins lets the others go first`() throws {
    let rig = try FiberRig.make(3)
    let words = rig.words
    let strategy = pct(2)
    defer { strategy.deallocate() }
    let bodies: [FiberRig.Body] = [
      { task in while task.load(words[0]) == 0 { _ = task.relax(words[0]) } },
      { task in for _ in 0..<5 { task.store(words[1], 1) } },
      { task in
        for _ in 0..<5 { task.load(words[1]) }
        task.store(words[0], 1)
      },
    ]
    var longest = 0
    rig.explore(strategy, bodies, count: 500) { _, end in
      #expect(end == .completed)
      longest = max(longest, rig.scheduler.pointee.steps)
      return true
    }
    #expect(longest < 40)
  }
}
