/// A stack that is used up ends the execution, not the process.
import Machine
import TestSupport
import Testing

/// Not inlined and not a loop: each call takes its frame.
@inline(never) private func descend(_ depth: Int, _ task: TaskPointer, _ word: UnsafeMutablePointer<UInt64>) -> UInt64 {
  if depth == .max { return 0 }
  let below = descend(depth + 1, task, word)
  return below &+ task.load(word)
}

@Suite struct FiberOverflowTests {
  /// Tests share threads: each of these registers its own for as long as it needs it.
  private func registered(_ rig: FiberRig, _ body: () -> Void) -> Bool {
    guard rig.scheduler.registerThread() else { return false }
    defer { rig.scheduler.unregisterThread() }
    body()
    return true
  }

  /// The task whose stack was used up.
  private func overflowed(_ end: ExecutionEnd) -> Int? {
    guard case .fault(let task, let fault) = end, fault.kind == .stackOverflow else { return nil }
    return task
  }

  @Test func `unbounded recursion names the task, and the scheduler works afterwards`() throws {
    let rig = try FiberRig.make(3)
    let word = rig.words[0]
    let isRegistered = registered(rig) {
      for _ in 0..<3 {
        let end = rig.run([
          { $0.load(word) },
          { task in
            task.load(word)
            _ = descend(0, task, word)
          },
          { $0.load(word) },
        ])
        #expect(overflowed(end) == 1)
        #expect(rig.run(3) { $0.load(word) } == .completed)
      }
    }
    #expect(isRegistered)
  }

  @Test func `a stack that is used up before the first access is told too`() throws {
    let rig = try FiberRig.make(3)
    let word = rig.words[0]
    let isRegistered = registered(rig) {
      let end = rig.run([{ $0.load(word) }, { _ = descend(0, $0, word) }, { $0.load(word) }])
      #expect(overflowed(end) == 1)
      #expect(rig.log.isEmpty)
      #expect(rig.run(3) { $0.load(word) } == .completed)
    }
    #expect(isRegistered)
  }
}
