/// Schedule points under threads: pauses where the seed says, and waits that end with the run.
import CAtomics
import Machine
import Testing

@Suite struct ThreadBackendTests {
  /// Points that pass between two pauses, over `count` pauses.
  private func gaps(_ task: TaskPointer, mean: UInt64, seed: UInt64, count: Int) -> [Int64] {
    let word = Counter.make()
    defer { word.deallocate() }
    ThreadBackend.setPauses(task, mean: mean, draws: SplitMix64(state: seed))
    return (0..<count).map { _ in
      let gap = task.pointee.point.countdown
      for _ in 0..<gap { _ = read_once64(task.point, word) }
      return gap
    }
  }

  @Test func `pauses come at seeded places, their mean as asked for`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let drawn = gaps(machine.task(0), mean: 50, seed: 1, count: 400)
    #expect(drawn == gaps(machine.task(1), mean: 50, seed: 1, count: 400))
    #expect(drawn != gaps(machine.task(1), mean: 50, seed: 2, count: 400))
    #expect(drawn.allSatisfy { (1...100).contains($0) })
    #expect((45...55).contains(drawn.reduce(0, +) / 400))
  }

  @Test func `without pauses no draw is made`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let task = machine.task(0)
    ThreadBackend.setPauses(task, mean: 0, draws: SplitMix64(state: 5))
    task.pointee.point.countdown = 1
    task.readLock()
    var untouched = SplitMix64(state: 5)
    #expect(task.pointee.pauseDraws.next() == untouched.next())
    #expect(task.pointee.point.countdown > 1000)
  }

  @Test func `a wait is counted, and told when the run is over`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let word = Counter.make()
    defer { word.deallocate() }
    let task = machine.task(0)
    for _ in 0..<300 { #expect(task.relax(word)) }
    #expect(task.published(.relaxes) == 300)
    machine.pointee.halt()
    #expect(!task.relax(word))
  }
}
