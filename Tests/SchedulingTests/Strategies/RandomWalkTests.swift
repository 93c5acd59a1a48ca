import Machine
import Scheduling
import TestSupport
import Testing

@Suite struct RandomWalkTests {
  @Test func `each ready task is equally likely, whatever was chosen before`() throws {
    let rig = try FiberRig.make(5)
    let word = rig.words[0]
    // By how many were ready and which of them, in their order, was chosen.
    var counts = Array(repeating: Array(repeating: 0, count: 5), count: 6)
    let bodies: [FiberRig.Body] = Array(repeating: { for _ in 0..<4 { $0.load(word) } }, count: 5)
    rig.explore(
      RandomWalk(), bodies, count: 4_000,
      watch: { scheduler, choice in
        let ready = (0..<5).filter { scheduler.isReady($0) }
        counts[ready.count][ready.firstIndex(of: choice) ?? 0] += 1
      }, each: { _, _ in true })
    // The 0.999 quantiles of chi-square with 1 to 4 degrees of freedom. The seed is fixed.
    for (ready, quantile) in [(2, 10.83), (3, 13.82), (4, 16.27), (5, 18.47)] {
      let total = counts[ready].reduce(0, +)
      let expected = Double(total) / Double(ready)
      let chiSquare = counts[ready].prefix(ready).reduce(0.0) { sum, count in
        sum + (Double(count) - expected) * (Double(count) - expected) / expected
      }
      #expect(total > 3_000)
      #expect(chiSquare < quantile)
    }
  }

  @Test func `equal streams give equal executions, other streams others`() throws {
    let rig = try FiberRig.make(3)
    let bodies = Micro.bodies(rig, threads: 3, iterations: 2)
    func logs(_ seed: UInt64) -> [[Int]] {
      var logs: [[Int]] = []
      rig.explore(RandomWalk(), bodies, count: 20, seed: seed) { _, _ in
        logs.append(rig.log)
        return true
      }
      return logs
    }
    #expect(logs(3) == logs(3))
    #expect(logs(3) != logs(4))
  }
}
