/// The fiber world: the common model through the real scheduler, and what executions leave behind.
import Episodes
import Executions
import Foundation
import Machine
import MirrorMMU
import Scheduling
import SecureEPT
import TestSupport
import Testing

@Suite struct WorldTests {
  @Test func `the common model has 470 interleavings in 96 classes`() throws {
    let rehearsal = try Rehearsal(tasks: 2)
    #expect(rehearsal.world.prepare(Rehearsal.episode(.micro, threads: 2, operations: 2, seed: 1)))
    var (logs, classes, broken) = (Set<Int>(), Set<UInt64>(), 0)
    for number in 0..<400_000 as Range<UInt64> {
      rehearsal.execute(.randomWalk, number)
      logs.insert(rehearsal.world.scheduler.log.reduce(1) { $0 << 1 | Int($1) })
      classes.insert(rehearsal.world.scheduler.happensBeforeHash)
      if rehearsal.world.isHalted || rehearsal.world.end != .completed { broken += 1 }
    }
    #expect(logs.count == 470)
    #expect(classes.count == 96)
    #expect(broken == 0)
  }

  @Test func `three threads of it never have more than 23,856`() throws {
    let rehearsal = try Rehearsal()
    #expect(rehearsal.world.prepare(Rehearsal.episode(.micro, threads: 3, operations: 2, seed: 1)))
    var classes = DistinctCounter()
    for number in 0..<200_000 as Range<UInt64> {
      rehearsal.execute(number & 1 == 0 ? .randomWalk : .partialOrder, number)
      classes.insert(rehearsal.world.scheduler.happensBeforeHash)
    }
    #expect(classes.count > 10_000 && classes.count <= 23_856)
  }

  @Test(arguments: [ScenarioName.micro, .faultZap, .random])
  func `executions take no more memory than the first ones`(scenario: ScenarioName) throws {
    let count: UInt64 = scenario == .micro ? 50_000 : 4_000
    let rehearsal = try Rehearsal()
    #expect(rehearsal.world.prepare(Rehearsal.episode(scenario, seed: 3)))
    for number in 0..<1_000 as Range<UInt64> { rehearsal.execute(Portfolio.deal(.portfolio, Int(number)), number) }
    // Other tests of this process take memory meanwhile, but not all the time.
    var least = Int.max
    for _ in 0..<5 {
      let before = try residentBytes()
      for number in 0..<count { rehearsal.execute(Portfolio.deal(.portfolio, Int(number)), number) }
      least = min(least, try residentBytes() - before)
    }
    #expect(least < 256 << 10)
  }

  @Test func `preparing another episode takes no more memory either`() throws {
    let rehearsal = try Rehearsal()
    let episodes = (0..<300 as Range<UInt64>).map { Rehearsal.episode(ScenarioName.deal($0), seed: $0) }
    var least = Int.max
    for _ in 0..<5 {
      let before = try residentBytes()
      for episode in episodes {
        #expect(rehearsal.world.prepare(episode))
        rehearsal.execute(.randomWalk, 0)
      }
      least = min(least, try residentBytes() - before)
    }
    #expect(least < 256 << 10)
  }

  private func residentBytes() throws -> Int {
    let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    return try #require(Int(fields[1])) * sysconf(Int32(_SC_PAGESIZE))
  }
}
