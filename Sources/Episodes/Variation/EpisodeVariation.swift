/// Episodes made of others: a few small changes of one, some of them taken from a second.
///
/// Nothing here knows what an episode is about. What comes of it may be one that no caller can ask for: whoever runs it
/// looks at that.
import Machine

package struct EpisodeVariation {
  /// What the model can be asked for.
  private static let operations: [Operation] = [
    .fault, .fault2M, .fastFault, .zap, .unmap, .split, .splitExclusive, .recover, .nxRecover, .wrprot, .clearDirty,
    .age, .convert, .invalidate, .guest,
  ]
  /// What a kernel can be asked for beyond that.
  private static let ofKernel: [Operation] = [.touch, .logDirty, .collectDirty]
  /// What begins or ends dirty logging, and has no caller beside it.
  private static let ofLogging: [Operation] = [.recover, .split, .splitExclusive, .wrprot]
  /// Before the race.
  private static let ofSetUp: [Operation] = [.fault, .fault2M, .wrprot]
  /// Taking all tables of a root down is the longest operation there is.
  private static let mostInvalidations = 2
  private static let mostPopulated = 6
  private static let mostRegions = 17

  private let operationLimit: Int
  private let alphabet: [Operation]
  private var draws: SplitMix64

  /// - Parameter operations: of one thread, at most.
  package init(operations: Int, isKernel: Bool, draws: SplitMix64) {
    operationLimit = max(operations, 1)
    alphabet = Self.operations + (isKernel ? Self.ofKernel : [])
    self.draws = draws
  }

  /// - Parameter other: of the same policy; it has as many threads at most as may race.
  package mutating func vary(_ base: Episode, with other: Episode) -> Episode {
    var episode = base
    for _ in 0...draws.below(3) { change(&episode, other) }
    fit(&episode)
    return episode
  }

  private mutating func change(_ episode: inout Episode, _ other: Episode) {
    switch draws.below(16) {
    case 0: swap(&episode)
    case 1: drop(&episode)
    case 2: insert(pickRequest(episode), &episode)
    case 3, 4: insert(pickRequest(other), &episode)
    case 5, 6: alter(&episode) { $0.operation = $1.pick($1.alphabet) }
    case 7: alter(&episode) { $0.draw = $1.draws.below(Episode.drawBound) }
    case 8: alter(&episode) { $0.draw ^= 1 << $1.draws.below(8) }
    case 9, 10: move(&episode)
    case 11: populate(&episode, other)
    case 12: pass(&episode)
    case 13, 14: splice(&episode, other)
    default: flip(&episode)
    }
  }

  // MARK: Draws

  private mutating func index(_ count: Int) -> Int { Int(draws.below(UInt64(max(count, 1)))) }
  private mutating func pick<Element>(_ elements: [Element]) -> Element { elements[index(elements.count)] }
  private mutating func oneIn(_ count: UInt64) -> Bool { draws.below(count) == 0 }

  /// A thread that has a request, and one of its requests.
  private mutating func place(_ episode: Episode) -> (thread: Int, index: Int)? {
    let busy = episode.threads.indices.filter { !episode.threads[$0].isEmpty }
    guard !busy.isEmpty else { return nil }
    let thread = pick(busy)
    return (thread, index(episode.threads[thread].count))
  }

  private mutating func pickRequest(_ episode: Episode) -> Request? {
    place(episode).map { episode.threads[$0.thread][$0.index] }
  }

  // MARK: Requests

  private mutating func swap(_ episode: inout Episode) {
    guard let left = place(episode), let right = place(episode) else { return }
    let request = episode.threads[left.thread][left.index]
    episode.threads[left.thread][left.index] = episode.threads[right.thread][right.index]
    episode.threads[right.thread][right.index] = request
  }

  private mutating func drop(_ episode: inout Episode) {
    guard let place = place(episode), episode.threads[place.thread].count > 1 else { return }
    episode.threads[place.thread].remove(at: place.index)
  }

  /// In the place of another where the thread has as many as it may.
  private mutating func insert(_ request: Request?, _ episode: inout Episode) {
    guard let request else { return }
    let thread = index(episode.threads.count)
    if episode.threads[thread].count < operationLimit {
      episode.threads[thread].insert(request, at: index(episode.threads[thread].count + 1))
    } else {
      episode.threads[thread][index(episode.threads[thread].count)] = request
    }
  }

  private mutating func alter(_ episode: inout Episode, _ body: (inout Request, inout EpisodeVariation) -> Void) {
    guard let place = place(episode) else { return }
    body(&episode.threads[place.thread][place.index], &self)
  }

  /// What a request is about: as another's, a gfn beside it, or more gfns.
  private mutating func move(_ episode: inout Episode) {
    guard let place = place(episode) else { return }
    var range = episode.threads[place.thread][place.index].range
    switch draws.below(5) {
    case 0, 1: range = pickRequest(episode)?.range ?? range
    case 2: range = range.lowerBound &+ 1..<range.upperBound &+ 1
    case 3: if range.lowerBound > 0 { range = range.lowerBound - 1..<range.upperBound - 1 }
    default:
      let before = min(draws.below(3), range.lowerBound)
      range = range.lowerBound - before..<range.upperBound &+ draws.below(3)
    }
    episode.threads[place.thread][place.index].range = range
  }

  /// To another thread.
  private mutating func pass(_ episode: inout Episode) {
    guard let place = place(episode), episode.threads[place.thread].count > 1 else { return }
    let request = episode.threads[place.thread].remove(at: place.index)
    let thread = index(episode.threads.count)
    if episode.threads[thread].count < operationLimit {
      episode.threads[thread].insert(request, at: index(episode.threads[thread].count + 1))
    } else {
      episode.threads[place.thread].insert(request, at: place.index)
    }
  }

  // MARK: All else

  private mutating func populate(_ episode: inout Episode, _ other: Episode) {
    switch draws.below(4) {
    case 0:
      if !episode.populated.isEmpty { episode.populated.remove(at: index(episode.populated.count)) }
    case 1: episode.populated = other.populated
    default:
      guard episode.populated.count < Self.mostPopulated, let request = pickRequest(episode) else { return }
      episode.populated.append(
        Request(operation: pick(Self.ofSetUp), range: request.range, draw: draws.below(Episode.drawBound)))
    }
  }

  /// Some threads are the other's, with the memory that they need.
  private mutating func splice(_ episode: inout Episode, _ other: Episode) {
    for thread in episode.threads.indices where thread < other.threads.count && oneIn(2) {
      episode.threads[thread] = other.threads[thread]
    }
    if other.threads.count > episode.threads.count && oneIn(2) {
      episode.threads += other.threads[episode.threads.count...]
    }
    if oneIn(2) { episode.populated = other.populated }
    if oneIn(4) { episode.regions = other.regions }
    if other.regions.count > episode.regions.count {
      episode.regions += other.regions[episode.regions.count...]
    }
    episode.mayYield = episode.mayYield || other.mayYield
  }

  private mutating func flip(_ episode: inout Episode) {
    switch draws.below(8) {
    case 0: episode.provesMmu.toggle()
    case 1: episode.injectsBusy.toggle()
    case 2, 3: episode.mayYield.toggle()
    case 4: episode.endsInTeardown.toggle()
    case 5:
      let region = index(episode.regions.count)
      episode.regions[region].isPrivate.toggle()
    default:
      let region = index(episode.regions.count)
      episode.regions[region].allowsHuge.toggle()
    }
  }

  // MARK: What fits

  /// Each request is about as much as its operation is about, inside the guest.
  private func fit(_ episode: inout Episode) {
    if episode.regions.count > Self.mostRegions { episode.regions.removeLast(episode.regions.count - Self.mostRegions) }
    let pages = episode.guestPages
    var invalidations = 0
    let logs = (episode.populated + episode.threads.joined()).contains {
      $0.operation == .logDirty || $0.operation == .collectDirty
    }
    func fitted(_ request: Request) -> Request {
      var request = request
      let start = min(request.range.lowerBound, pages - 1)
      let region = start & ~511
      if logs && Self.ofLogging.contains(request.operation) { request = request.asFault }
      switch request.operation {
      case .fault, .fault2M, .fastFault, .nxRecover, .touch: request.range = start..<start + 1
      case .invalidate:
        invalidations += 1
        request.range = start..<start + 1
        if invalidations > Self.mostInvalidations { return request.asFault }
      case .split, .splitExclusive, .recover, .splitMirror, .pruneMirror, .plant, .collectDirty:
        request.range = region..<region + 512
      case .logDirty: request.range = 0..<pages
      case .zap, .unmap, .convert, .wrprot, .clearDirty, .age, .guest:
        request.range = start..<max(start + 1, min(request.range.upperBound, pages))
      }
      return request
    }
    episode.populated = episode.populated.map(fitted)
    episode.threads = episode.threads.map { $0.map(fitted) }
  }
}
