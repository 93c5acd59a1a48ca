/// Requests of a large guest brought into a small one: nothing leaves the guest, and what met meets.
import Campaign
import Machine
import MirrorMMU
import SecureEPT
import Testing

@Suite struct RegionMapTests {
  private func request(_ operation: Operation, _ range: Range<Gfn>, draw: UInt64 = 0) -> Request {
    Request(operation: operation, range: range, draw: draw)
  }

  /// The first requests of a task of a soak.
  private func stream(_ task: Int, count: Int, seed: UInt64 = 9) -> [Request] {
    let configuration = SoakConfiguration(threads: 4, seed: seed, policy: .huge)
    var workload = Workload(configuration)
    defer { workload.deallocate() }
    let plan = RoundPlan(runSeed: seed, round: 0, guestPages: 1 << 20)
    workload.prepare(plan)
    var draws = SplitMix64(seed: plan.seed, .workload, index: UInt64(task))
    return (0..<count).map { _ in workload.next(&draws, task: task) }
  }

  @Test func `regions keep their order and a gfn its place in its region`() throws {
    let map = RegionMap([0x9_0000..<0x9_0001, 0x400..<0x401])
    #expect(map.regions == [0x400, 0x9_0000])
    #expect(map.place(0x9_0003..<0x9_0005) == 0x203..<0x205)
    #expect(map.place(0x5ff..<0x600) == 0x1ff..<0x200)
    #expect(map.place(0x800..<0x801) == nil)
  }

  @Test func `a range goes on in the next region only where the guest does`() {
    let neighbours = RegionMap([0x400..<0x401, 0x600..<0x601])
    #expect(neighbours.place(0x5fe..<0x604) == 0x1fe..<0x204)
    let apart = RegionMap([0x400..<0x401, 0x800..<0x801])
    #expect(apart.place(0x5fe..<0x804) == 0x1fe..<0x200)
    #expect(apart.place(0x7fe..<0x804) == 0x200..<0x204)
  }

  @Test func `regions beyond the limit are left out, the last ones first`() {
    let map = RegionMap((0..<9).map { index in (index << 18)..<(index << 18 + 1) })
    #expect(map.regions == (0..<UInt64(RegionMap.limit)).map { $0 << 18 })
  }

  @Test(arguments: 0..<40)
  func `what is kept stays in the guest, and overlaps as it did`(start: Int) {
    let requests = stream(start % 4, count: 400 + start, seed: UInt64(start)).suffix(12)
    let map = RegionMap(requests.map(\.range))
    let guest = UInt64(map.regions.count) << 9
    func isInside(_ request: Request) -> Bool {
      let first = request.range.lowerBound >> 9
      return (first...((request.range.upperBound - 1) >> 9)).allSatisfy { map.regions.contains($0 << 9) }
    }
    for request in requests {
      guard let small = map.request(request) else {
        #expect(!isInside(request))
        continue
      }
      #expect(!small.range.isEmpty && small.range.upperBound <= guest)
      #expect(small.operation == request.operation)
      #expect(small.draw < Episode.drawBound)
      #expect(small.draw & 15 == 0 ? request.draw & 15 == 0 : request.draw & 15 != 0)
    }
    let kept = requests.filter { isInside($0) && $0.operation != .invalidate && $0.operation != .nxRecover }
    for (left, right) in kept.flatMap({ left in kept.map { (left, $0) } }) {
      guard let smallLeft = map.request(left), let smallRight = map.request(right) else {
        Issue.record("a request inside the kept regions was left out")
        continue
      }
      #expect(smallLeft.range.overlaps(smallRight.range) == left.range.overlaps(right.range))
      #expect(smallLeft.range.count == left.range.count)
    }
  }

  @Test func `an operation on all memory is kept wherever its gfn lies`() throws {
    let map = RegionMap([0x400..<0x401])
    let invalidation = try #require(map.request(request(.invalidate, 0x9_0000..<0x9_0001)))
    #expect(invalidation.range == 0..<1)
    #expect(map.request(request(.nxRecover, 0x9_0000..<0x9_0001, draw: 7))?.draw == 7)
    #expect(map.request(request(.fault, 0x9_0000..<0x9_0001)) == nil)
  }

  @Test func `a guest touches what it did`() throws {
    func touched(_ request: Request) -> [UInt64] {
      var draws = SplitMix64(state: request.draw)
      return (0..<4).map { _ in draws.below(UInt64(request.range.count)) }
    }
    var hits = 0
    let guests = stream(0, count: 4_000).filter { $0.operation == .guest && $0.range.count > 1 }
    for guest in guests {
      let small = try #require(RegionMap([guest.range]).request(guest))
      hits += zip(touched(guest), touched(small)).count { $0 == $1 }
    }
    // By chance it would be one access in eight.
    #expect(hits > guests.count * 2)
  }
}
