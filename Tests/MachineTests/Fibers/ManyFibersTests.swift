/// As many fibers as the tool allows, and as many executions as a campaign has.
import Foundation
import Machine
import TestSupport
import Testing

@Suite struct ManyFibersTests {
  @Test func `1024 fibers run an execution, each decided step by step`() throws {
    let rig = try FiberRig.make(1024)
    let word = rig.words[0]
    var draws = SplitMix64(state: 1)
    rig.next = { Int($0.pointee.ready[Int(draws.below(UInt64($0.pointee.readyCount)))]) }
    var won: UInt64 = 0
    let end = rig.run(1024) { task in
      for _ in 0..<3 {
        let seen = task.load(word)
        if task.exchange(word, seen, seen + 1) { won += 1 }
      }
    }
    #expect(end == .completed)
    #expect(rig.scheduler.pointee.steps == 6 * 1024)
    #expect(word.pointee == won && won > 0 && won < 3 * 1024)
    #expect(Set(rig.log).count == 1024)
  }

  @Test func `1024 fibers wait for one lock`() throws {
    let rig = try FiberRig.make(1024)
    let word = rig.words[0]
    var draws = SplitMix64(state: 2)
    rig.next = { Int($0.pointee.ready[Int(draws.below(UInt64($0.pointee.readyCount)))]) }
    let end = rig.run(1024) { task in
      task.load(word)
      if task.pointee.id % 8 == 0 { task.writeLock() } else { task.readLock() }
      task.load(word)
      if task.pointee.id % 8 == 0 { task.writeUnlock() } else { task.readUnlock() }
    }
    #expect(end == .completed)
    #expect(rig.broken == nil)
  }

  @Test func `200,000 executions take no more memory than the first thousand`() throws {
    let rig = try FiberRig.make(3)
    let words = rig.words
    let body: FiberRig.Body = { task in
      task.readLock()
      task.exchange(words[0], 0, 1)
      task.readUnlock()
    }
    var draws = SplitMix64(state: 4)
    rig.next = { Int($0.pointee.ready[Int(draws.below(UInt64($0.pointee.readyCount)))]) }
    #expect(rig.run([body, body, body]) == .completed)
    let chooser = rig.chooser
    for _ in 0..<1_000 { _ = rig.again(chooser) }
    // Other tests of this process run beside it and take memory meanwhile, but not all the time.
    var least = Int.max
    for _ in 0..<4 {
      let before = try residentBytes()
      for _ in 0..<50_000 { _ = rig.again(chooser) }
      least = min(least, try residentBytes() - before)
    }
    // 16 bytes an execution would be 781 KiB.
    #expect(least < 512 << 10)
  }

  private func residentBytes() throws -> Int {
    let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    return try #require(Int(fields[1])) * sysconf(Int32(_SC_PAGESIZE))
  }
}
