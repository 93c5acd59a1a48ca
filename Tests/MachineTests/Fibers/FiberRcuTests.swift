/// Grace periods between fibers.
import Machine
import TestSupport
import Testing

@Suite struct FiberRcuTests {
  @Test func `a table is not freed while a reader is inside, and is freed once it has left`() throws {
    for seed in 0..<300 as Range<UInt64> {
      let rig = try FiberRig.make(3)
      let page = rig.task(0).linkedTable()
      let entry = rig.machine.table(page)
      let words = rig.words
      var isLinked = true
      var (used, freedAtEnd) = (0, false)
      var draws = SplitMix64(state: seed)
      rig.next = { Int($0.pointee.ready[Int(draws.below(UInt64($0.pointee.readyCount)))]) }
      let reader: FiberRig.Body = { task in
        task.load(words[0])
        task.rcuReadLock()
        // Found while it was linked, used until the section ends.
        if isLinked {
          for _ in 0..<3 where task.readSpte(entry) != Spte.poison { used += 1 }
        }
        task.rcuReadUnlock()
      }
      let owner: FiberRig.Body = { task in
        task.load(words[1])
        isLinked = false
        task.callRcu(page)
        for _ in 0..<40 where rig.machine.header(page).pointee.state != .free {
          task.load(words[1])
          task.rcuPoll(force: true)
        }
        freedAtEnd = rig.machine.header(page).pointee.state == .free
      }
      let end = rig.run([owner, reader, reader])
      #expect(end == .completed)
      #expect(rig.broken == nil)
      #expect(used % 3 == 0)
      #expect(freedAtEnd)
    }
  }

  @Test func `a free that does not wait is caught under the schedule that shows it`() throws {
    let rig = try FiberRig.make(2)
    let page = rig.task(0).linkedTable()
    let words = rig.words
    rig.follow([1, 0])
    let end = rig.run([
      { task in
        task.load(words[0])
        task.freeTable(page)
      },
      { task in
        task.rcuReadLock()
        task.load(words[1])
        task.rcuReadUnlock()
      },
    ])
    #expect(end == .halted)
    #expect(rig.broken == .rcu1)
  }
}
