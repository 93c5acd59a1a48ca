import Machine
/// A strategy that has tried all that it can says so, and what then.
import Scheduling
import TestSupport
import Testing

@Suite struct StrategySetTests {
  /// Lets each task go first once, and run to its end.
  private struct EachFirst: Strategy {
    let tasks: Int
    var first = -1

    mutating func beginEpisode() { first = -1 }

    mutating func begin(_ draws: SplitMix64, length: ExecutionLength) -> Bool {
      first += 1
      return first < tasks
    }

    mutating func nextTask(_ scheduler: FiberSchedulerPointer) -> Int {
      scheduler.pointee.current < 0 ? first : scheduler.defaultNext
    }

    mutating func answer(_ scheduler: FiberSchedulerPointer, _ question: Question) -> Bool { false }

    static let functions = StrategyFunctions(
      nextTask: { state, scheduler in
        Int32(
          state.assumingMemoryBound(to: EachFirst.self).pointee.nextTask(
            scheduler.assumingMemoryBound(to: FiberScheduler.self)))
      }, answer: { _, _, _ in false })

    static let entry = StrategyEntry("each-first", "each thread goes first once") { EachFirst(tasks: $0) }
  }

  private static let length = ExecutionLength(steps: 10, changes: 10)

  /// - Parameter name: in whose place the strategy stands that comes to an end.
  private func withSet(_ name: StrategyName, _ body: (StrategySet) throws -> Void) throws {
    let set = StrategySet(
      tasks: 3, Strategies.all.map { $0.name == name.rawValue ? EachFirst.entry : $0 })
    defer { set.deallocate() }
    try body(set)
  }

  @Test func `executions end where nothing is left to try, and begin again with another episode`() throws {
    let rig = try FiberRig.make(3)
    let words = rig.words
    let body: FiberRig.Body = { task in for _ in 0..<2 { task.load(words[0]) } }
    try withSet(.roundRobin) { set in
      for _ in 0..<2 {
        set.beginEpisode()
        var firsts: [Int] = []
        for index in 0..<10 {
          guard let chooser = set.begin(.roundRobin, index, SplitMix64(state: 1), Self.length) else { break }
          #expect(rig.run([body, body, body], chooser) == .completed)
          firsts.append(try #require(rig.log.first))
        }
        #expect(firsts == [0, 1, 2])
      }
    }
  }

  @Test func `in the portfolio others go on in its place`() throws {
    try withSet(.roundRobin) { set in
      let dealt = (0..<160).map { set.begin(.portfolio, $0, SplitMix64(state: 1), Self.length) != nil }
      #expect(dealt.allSatisfy { $0 })
      #expect(set.begin(.roundRobin, 0, SplitMix64(state: 1), Self.length) == nil)
    }
  }
}
