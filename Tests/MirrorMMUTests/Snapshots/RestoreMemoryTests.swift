/// To go back allocates nothing.
import Glibc
import Machine
import MirrorMMU
import Testing

@Suite struct RestoreMemoryTests {
  /// The process's resident memory. Other tests run meanwhile.
  private func residentBytes() throws -> Int {
    let file = try #require(fopen("/proc/self/statm", "r"))
    defer { fclose(file) }
    var buffer = [CChar](repeating: 0, count: 256)
    #expect(fgets(&buffer, Int32(buffer.count), file) != nil)
    let words = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).split(
      separator: " ")
    return try #require(Int(words[1])) * sysconf(Int32(_SC_PAGESIZE))
  }

  @Test func `10,000 executions and restores do not grow memory`() throws {
    let world = try World()
    world.build(populated: World.faults(20, seed: 1))
    let requests = World.requests(4, seed: 3).filter { $0.operation != .invalidate }
    func execute(_ count: Int) {
      for _ in 0..<count {
        world.perform(requests)
        world.suite.verifyAtRest(world.task(0), directRoot: world.directRoot)
        world.snapshot.restore()
      }
    }
    execute(10)
    let highWater = world.machine.pointee.arena.highWater
    // One block each would be 320 KB. Other tests may grow meanwhile, but not each time.
    var growth = Int.max
    for _ in 0..<10 where growth > 100_000 {
      let before = try residentBytes()
      execute(10_000)
      growth = min(growth, try residentBytes() - before)
    }
    #expect(growth <= 100_000)
    #expect(world.machine.pointee.arena.highWater == highWater)
    #expect(world.violation == nil)
  }
}
