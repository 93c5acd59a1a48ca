/// An episode while its scenario draws it: the vocabulary in which scenarios are written.
import Machine
import SecureEPT

struct EpisodeDraft {
  /// What one thread does as its operation number `index`.
  typealias Role = (_ draft: inout EpisodeDraft, _ index: Int) -> Request

  let threads: Int
  let operations: Int
  let policy: Policy
  var draws: SplitMix64
  private(set) var episode: Episode

  /// The flags are drawn first, and are the same for all scenarios that do not say otherwise.
  init(_ name: ScenarioName, threads: Int, operations: Int, policy: Policy, draws: SplitMix64) {
    self.threads = min(max(threads, 1), Scenario.threadLimit)
    self.operations = min(max(operations, 1), Scenario.operationLimit)
    self.policy = policy
    self.draws = draws
    episode = Episode(scenario: name.rawValue, policy: policy, regions: [], threads: [])
    episode.provesMmu = oneIn(2)
    episode.endsInTeardown = oneIn(8)
    episode.injectsBusy = oneIn(4)
    episode.mayYield = oneIn(2)
  }

  mutating func change(_ body: (inout Episode) -> Void) { body(&episode) }

  // MARK: Draws

  mutating func oneIn(_ count: UInt64) -> Bool { draws.below(count) == 0 }

  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[Int(draws.below(UInt64(elements.count)))] }

  // MARK: Memory

  /// Adds a 2M region behind those that are there.
  /// - Returns: its first gfn.
  mutating func addRegion(isPrivate: Bool, allowsHuge: Bool) -> Gfn {
    episode.regions.append(Episode.Region(isPrivate: isPrivate, allowsHuge: allowsHuge))
    return episode.guestPages - 512
  }

  /// Adds a region of this kind, and in one of three episodes another one before or behind it, so that ranges and walks
  /// have a neighbour to run into.
  mutating func addRegion(isPrivate: Bool) -> Gfn {
    let neighbour = draws.below(6)
    if neighbour == 0 { _ = addRegion(isPrivate: oneIn(2), allowsHuge: oneIn(2)) }
    let region = addRegion(isPrivate: isPrivate, allowsHuge: oneIn(2))
    if neighbour == 1 { _ = addRegion(isPrivate: oneIn(2), allowsHuge: oneIn(2)) }
    return region
  }

  /// A gfn of the region: the ends of the table are as likely as all that is between.
  mutating func gfn(in region: Gfn) -> Gfn {
    switch draws.below(4) {
    case 0: region
    case 1: region + 511
    default: region + draws.below(512)
    }
  }

  /// Another gfn of the region, near `gfn`.
  mutating func neighbour(of gfn: Gfn) -> Gfn {
    let near = gfn ^ (1 + draws.below(3))
    return oneIn(4) ? gfn & ~511 + draws.below(512) : near
  }

  /// A range of 1 to `width` gfns around `gfn`, inside the guest; it may reach into the next region.
  mutating func range(around gfn: Gfn, width: UInt64) -> Range<Gfn> {
    let length = 1 + draws.below(width)
    let before = min(draws.below(length), gfn)
    let start = gfn - before
    return start..<min(start + length, episode.guestPages)
  }

  func region(of gfn: Gfn) -> Range<Gfn> { gfn & ~511..<gfn & ~511 + 512 }

  // MARK: Requests

  mutating func request(_ operation: Operation, _ range: Range<Gfn>) -> Request {
    Request(operation: operation, range: range, draw: draws.below(Episode.drawBound))
  }

  mutating func request(_ operation: Operation, _ gfn: Gfn) -> Request { request(operation, gfn..<(gfn + 1)) }

  /// A 2M fault that maps a huge page.
  mutating func hugeFault(_ gfn: Gfn) -> Request {
    var request = request(.fault2M, gfn)
    request.draw |= 1
    return request
  }

  /// A 2M fault of an instruction fetch, for which the NX mitigation makes a table of its own.
  mutating func executingFault(_ gfn: Gfn) -> Request {
    var request = request(.fault2M, gfn)
    request.draw &= ~1
    return request
  }

  /// An unmap that may yield on its way.
  mutating func yieldingUnmap(_ range: Range<Gfn>) -> Request {
    var request = request(.unmap, range)
    request.draw &= ~1
    return request
  }

  mutating func populate(_ request: Request) { episode.populated.append(request) }

  /// Deals the roles to the threads in turn.
  mutating func cast(_ roles: [Role]) {
    for thread in 0..<threads {
      let role = roles[thread % roles.count]
      episode.threads.append((0..<operations).map { role(&self, $0) })
    }
  }
}
