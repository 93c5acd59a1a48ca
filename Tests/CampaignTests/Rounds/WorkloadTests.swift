/// A task's stream of requests: the mix that was asked for, inside the guest, the same for the same seed.
import Campaign
import Machine
import MirrorMMU
import SecureEPT
import Testing

@Suite struct WorkloadTests {
  private let guestPages: UInt64 = 1 << 18

  /// The first `count` requests of a stream.
  private func requests(
    _ mix: OperationMix, seed: UInt64 = 3, task: Int = 0, policy: Policy = .fourK, count: Int = 20_000
  ) -> [Request] {
    var workload = Workload(SoakConfiguration(threads: 1, seed: seed, policy: policy, mix: mix))
    defer { workload.deallocate() }
    let plan = RoundPlan(runSeed: seed, round: 0, guestPages: guestPages)
    workload.prepare(plan)
    var draws = SplitMix64(seed: plan.seed, .workload, index: UInt64(task))
    return (0..<count).map { _ in workload.next(&draws, task: task) }
  }

  private func words(_ requests: [Request]) -> [UInt64] {
    requests.flatMap { [UInt64($0.operation.rawValue), $0.range.lowerBound, $0.range.upperBound, $0.draw] }
  }

  @Test func `a stream is a function of seed and task`() {
    func stream(_ seed: UInt64, _ task: Int) -> [UInt64] {
      words(requests(.default, seed: seed, task: task, count: 500))
    }
    #expect(stream(3, 0) == stream(3, 0))
    #expect(Set([stream(3, 0), stream(3, 1), stream(4, 0)]).count == 3)
  }

  @Test func `each operation of the default mix appears about as often as its weight says`() {
    let total = Double(OperationMix.default.weights.reduce(0, +))
    let drawn = Dictionary(grouping: requests(.default, count: 100_000), by: \.operation).mapValues(\.count)
    for operation in Operation.allCases {
      let share = Double(drawn[operation] ?? 0) / 100_000
      let wanted = Double(operation.defaultWeight) / total
      #expect(abs(share - wanted) < 0.01, "\(operation.name)")
      #expect((share > 0) == (operation.defaultWeight > 0), "\(operation.name)")
    }
  }

  @Test func `an operation without weight never appears, and the smallest weight does`() throws {
    let mix = try #require(OperationMix([.fault: 1_000_000, .age: 1, .convert: 1]))
    let drawn = Dictionary(grouping: requests(mix), by: \.operation).mapValues(\.count)
    #expect(Set(drawn.keys) == [.fault, .age, .convert])
  }

  @Test(arguments: Operation.allCases)
  func `an operation alone in its mix is all there is`(operation: Operation) throws {
    let mix = try #require(OperationMix([operation: 7]))
    #expect(requests(mix, count: 200).allSatisfy { $0.operation == operation })
  }

  @Test(arguments: Operation.allCases)
  func `every range is inside the guest, not empty, and what the operation takes`(operation: Operation) throws {
    let mix = try #require(OperationMix([operation: 1]))
    let ranges = requests(mix, count: 5000).map(\.range)
    #expect(ranges.allSatisfy { !$0.isEmpty && $0.upperBound <= guestPages })
    let lengths = Set(ranges.map(\.count))
    switch operation {
    case .fault, .fault2M, .fastFault, .nxRecover, .invalidate, .touch: #expect(lengths == [1])
    case .split, .splitExclusive, .recover, .splitMirror, .pruneMirror, .plant, .logDirty, .collectDirty:
      #expect(lengths == [512])
      #expect(ranges.allSatisfy { $0.lowerBound & 511 == 0 })
    case .guest: #expect(lengths.isSubset(of: Set(1...16)) && lengths.count > 8)
    case .zap, .unmap, .convert, .wrprot, .clearDirty, .age:
      #expect(lengths.contains(1) && lengths.contains(512) && lengths.count > 30)
    }
  }

  @Test func `policy huge zaps and converts whole regions half of the time`() throws {
    let mix = try #require(OperationMix([.zap: 1, .convert: 1]))
    let whole = requests(mix, policy: .huge).filter { $0.range.count == 512 && $0.range.lowerBound & 511 == 0 }.count
    #expect((9_000...12_000).contains(whole))
    #expect(requests(mix).filter { $0.range.count == 512 }.count < 3_000)
  }

  @Test func `disjoint tasks never meet`() {
    var configuration = SoakConfiguration(threads: 4, seed: 3)
    configuration.isDisjoint = true
    var workload = Workload(configuration)
    defer { workload.deallocate() }
    workload.prepare(RoundPlan(runSeed: 3, round: 0, guestPages: 4 << 18))
    for task in 0..<4 {
      var draws = SplitMix64(seed: 3, .workload, index: UInt64(task))
      for _ in 0..<5000 {
        let range = workload.next(&draws, task: task).range
        #expect(Int(range.lowerBound >> 18) == task && Int((range.upperBound - 1) >> 18) == task)
      }
    }
  }

  @Test func `hot gfns take half of the draws, and the cold range is wide`() throws {
    let mix = try #require(OperationMix([.fault: 1]))
    let plan = RoundPlan(runSeed: 3, round: 0, guestPages: guestPages)
    let hot = Set(plan.hotPrivate + plan.hotShared)
    let gfns = requests(mix).map(\.range.lowerBound)
    #expect(gfns.filter { hot.contains($0) }.count > 9_000)
    #expect(Set(gfns.map { $0 >> 9 }).count > 32)
  }
}
