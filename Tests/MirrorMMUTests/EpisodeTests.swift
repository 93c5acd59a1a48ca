/// Long random episodes of one task, compared after every request with an oracle of which gfns are mapped where.
import Machine
import MirrorMMU
import SecureEPT
import Testing

@Suite struct EpisodeTests {
  /// Eight regions around the border between two level-3 entries.
  private static let regions: Range<Gfn> = 508..<516
  private static let requests = 2000

  private static func kinds(_ region: Gfn) -> (isPrivate: Bool, allowsHuge: Bool) { (region % 3 != 0, region % 5 != 0) }

  private func request(_ draws: inout SplitMix64, _ policy: Policy = .huge) -> Request {
    let experiments: [Operation] = policy == .hugeShared ? [.splitMirror, .pruneMirror, .plant] : []
    let operations = Operation.allCases.filter { $0.defaultWeight > 0 } + experiments
    let operation = operations[Int(draws.below(UInt64(operations.count)))]
    let limit = Self.regions.upperBound << 9
    var gfn = Self.regions.lowerBound << 9 + draws.below(8 * 512)
    // Half of all requests meet in a few places.
    if draws.next() & 1 == 0 { gfn = (gfn & ~511) + draws.below(4) }
    let length: UInt64
    switch draws.next() & 7 {
    case 0..<4: length = 1
    case 4..<6: length = 1 + draws.below(16)
    case 6: length = 1 + draws.below(1200)
    default:
      gfn &= ~511
      length = 512
    }
    // The few gfns of a guest must be worth touching again.
    let count = operation == .guest ? min(length, 16) : length
    return Request(operation: operation, range: gfn..<min(gfn + count, limit), draw: draws.next())
  }

  /// What the tables of one kind of memory say about a region.
  private func mapping(_ vm: Vm, _ region: Gfn, isPrivate: Bool) -> Oracle.Mapping {
    let root = isPrivate ? vm.mirrorRoot : vm.directRoot
    guard root != 0 else { return .none }
    let start = region << 9
    let first = vm.walk(root, start)
    if first.level == 2 && first.isLeaf { return first.pfn & 511 == 0 ? .huge : .none }
    guard first.level == 1 else { return .none }
    var gfns: Set<Gfn> = []
    for index in 0..<512 where Spte.isShadowPresent(first.entry[index]) {
      gfns.insert(start + UInt64(index))
      // Right or wrong by its pfn: all pages of a kind are backed by consecutive host pages.
      if Spte.pfn(first.entry[index]) & 0xff_ffff != start + UInt64(index) { return .none }
    }
    return .small(gfns)
  }

  @Test(arguments: Policy.allCases, [UInt64(1), 2, 3, 4, 5, 6])
  func `after every request exactly the gfns are mapped that should be`(policy: Policy, seed: UInt64) throws {
    let vm = try Vm(policy) { Self.kinds(Gfn($0)) }
    var oracle = Oracle(policy, regions: 0..<(Vm.guestPages >> 9), kinds: Self.kinds)
    var draws = SplitMix64(seed: seed, .workload)
    vm.task.pointee.faultDraws = SplitMix64(seed: seed, .faults)
    vm.task.pointee.reschedDraws = SplitMix64(seed: seed, .resched)
    vm.task.pointee.busyThreshold = 1 << 28
    vm.task.pointee.mayResched = true
    vm.subject.kvm.pointee.provesMmu = seed & 1 == 0
    for number in 0..<Self.requests {
      let request = request(&draws, policy)
      vm.perform(request.operation, request.range, draw: request.draw)
      oracle.perform(request)
      for region in Self.regions {
        for isPrivate in [true, false] {
          let expected = oracle.mapping(region, isPrivate: isPrivate)
          let seen = mapping(vm, region, isPrivate: isPrivate)
          guard seen == expected || (seen.gfns == 0 && expected.gfns == 0) else {
            Issue.record(
              """
              request \(number), \(request.operation.name) \(request.range): region \(region), private \(isPrivate): \
              \(expected.gfns) gfns expected, \(seen.gfns) seen
              """)
            return
          }
        }
      }
      guard vm.violation == nil else { break }
    }
    #expect(vm.violation == nil)
    #expect(vm.task.pointee.coverage[Int(Coverage.busyRestored.rawValue)] > 0)
    #expect(vm.foundAtRest == nil)
    vm.tearDown()
    #expect(vm.liveTables == 0)
    #expect(vm.violation == nil)
  }

  @Test func `two tasks that take turns leave what one would`() throws {
    let (one, two) = (try Vm(.huge), try Vm(.huge))
    var draws = SplitMix64(seed: 9, .workload)
    for number in 0..<1000 {
      let request = request(&draws)
      one.perform(request.operation, request.range, draw: request.draw)
      two.perform(
        request.operation, request.range, draw: request.draw, by: number & 1 == 0 ? two.task : two.other)
    }
    for region in Self.regions {
      for isPrivate in [true, false] {
        #expect(mapping(one, region, isPrivate: isPrivate) == mapping(two, region, isPrivate: isPrivate))
      }
    }
    #expect(one.foundAtRest == nil && two.foundAtRest == nil)
  }
}
