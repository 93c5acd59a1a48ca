/// The small episodes that a violation of threads is looked for in, the most specific first: the request that broke the
/// rule with one or two of the others' that overlap it, then more of each thread.
import Episodes
import Machine
import Records

package struct BridgeEpisodes {
  /// Threads of an episode, at most.
  package static let threadLimit = 4
  /// Requests of other threads that are tried with a lead's.
  private static let partners = 10
  /// Of one operation, at most.
  private static let partnersAlike = 3
  /// Where no request is known to have broken the rule: how many are tried as the lead.
  private static let leads = 6

  private typealias Step = RoundHistory.Step
  private let history: RoundHistory

  package init(_ history: RoundHistory) { self.history = history }

  package func all() -> [Episode] {
    var seen: Set<UInt64> = []
    return cores().flatMap { core in episodes(core) }.filter { seen.insert($0.contentHash).inserted }
  }

  // MARK: Who meets whom

  /// Requests by thread, oldest first.
  private func cores() -> [[[Step]]] {
    if history.found.moment == .populating {
      let steps = history.threads.first ?? []
      return [1, 2, 4, 16, steps.count].map { [steps.prefix($0).reversed()] }.filter { !$0[0].isEmpty }
    }
    let steps = history.threads.flatMap { $0 }.sorted(by: RoundHistory.isLikelier)
    let leads = history.culprit.map { [$0] } ?? Array(Self.fewOfEach(steps, 1).prefix(Self.leads))
    let cores = leads.map { lead in
      self.cores(
        lead, Array(Self.fewOfEach(steps.filter { $0.thread != lead.thread }, Self.partnersAlike).prefix(Self.partners))
      )
    }
    // Small ones of all leads first.
    return cores.flatMap { $0 }.enumerated().sorted {
      let (left, right) = (Self.size($0.element), Self.size($1.element))
      return (left, $0.offset) < (right, $1.offset)
    }.map(\.element)
  }

  private static func size(_ core: [[Step]]) -> Int { core.reduce(0) { $0 + $1.count } }

  private func cores(_ lead: Step, _ others: [Step]) -> [[[Step]]] {
    var cores: [[[Step]]] = [[[lead]]]
    cores += others.map { [[lead], [$0]] }
    let nearest = others.prefix(4)
    for (index, first) in nearest.enumerated() {
      cores += nearest.dropFirst(index + 1).filter { $0.thread != first.thread }.map { [[lead], [first], [$0]] }
    }
    var threads: Set<Int> = []
    let byThread = others.filter { threads.insert($0.thread).inserted }
    cores += byThread.prefix(4).map { [upTo(lead, 3), upTo($0, 3)] }
    if byThread.count > 1 { cores.append([upTo(lead, 3)] + byThread.prefix(2).map { upTo($0, 3) }) }
    if byThread.count > 2 { cores.append([upTo(lead, 3)] + byThread.prefix(3).map { upTo($0, 3) }) }
    return cores
  }

  /// The step and those of its thread before it, oldest first.
  private func upTo(_ step: Step, _ count: Int) -> [Step] {
    let before = history.threads[step.thread].filter { $0.age > step.age }.prefix(count - 1)
    return before.reversed() + [step]
  }

  /// The first `count` of each operation.
  private static func fewOfEach(_ steps: [Step], _ count: Int) -> [Step] {
    var counts: [Operation: Int] = [:]
    return steps.filter { step in
      counts[step.request.operation, default: 0] += 1
      return counts[step.request.operation, default: 0] <= count
    }
  }

  // MARK: What they meet in

  private func episodes(_ core: [[Step]]) -> [Episode] {
    let requests = core.flatMap { $0.reversed() }.map(\.request)
    let map = RegionMap(history.place + requests.filter { !$0.operation.isWide }.map(\.range))
    let threads = core.map { $0.compactMap { map.request($0.request) } }.filter { !$0.isEmpty }
    guard !threads.isEmpty else { return [] }
    var episode = Episode(
      scenario: RunRecord.Reproduction.roundScenario, policy: history.found.configuration.policy,
      regions: map.regions.map(kind),
      provesMmu: history.plan.provesMmu, threads: threads, injectsBusy: history.found.configuration.busyPercent > 0,
      mayYield: true, endsInTeardown: history.found.moment == .atRest)
    if history.found.moment == .populating {
      episode.injectsBusy = false
      episode.mayYield = false
      return [episode]
    }
    // Conversions have made shared what was private and the other way round, and splits have made small for good what
    // was huge: each kind is tried.
    var bases = [episode, flipped(episode)]
    if episode.policy.mapsHuge { bases += bases.map(Self.split) }
    return bases.flatMap { base in
      populations(map, base).map { populated in
        var episode = base
        episode.populated = populated
        return episode
      }
    }
  }

  private func kind(_ region: Gfn) -> Episode.Region {
    if history.found.configuration.isDisjoint { return Episode.Region(isPrivate: true, allowsHuge: false) }
    let (isPrivate, allowsHuge) = RoundPlan.kind(of: Int(region >> 9), seed: history.plan.seed)
    return Episode.Region(isPrivate: isPrivate, allowsHuge: allowsHuge)
  }

  private func flipped(_ episode: Episode) -> Episode {
    var episode = episode
    for index in episode.regions.indices { episode.regions[index].isPrivate.toggle() }
    return episode
  }

  private static func split(_ episode: Episode) -> Episode {
    var episode = episode
    for index in episode.regions.indices { episode.regions[index].allowsHuge = false }
    return episode
  }

  /// What may have been mapped when the race came to this: the gfns themselves, others beside them, huge pages,
  /// nothing, or what those of the last requests before make in a row that initial tables can be made by.
  private func populations(_ map: RegionMap, _ episode: Episode) -> [[Request]] {
    var gfns: [Gfn] = []
    for request in episode.threads.joined() where !gfns.contains(request.range.lowerBound) && gfns.count < 8 {
      gfns.append(request.range.lowerBound)
    }
    func fault(_ operation: Operation, _ gfn: Gfn) -> Request {
      Request(operation: operation, range: gfn..<(gfn + 1), draw: 1)
    }
    var populations = [gfns.map { fault(.fault, $0) }, gfns.map { fault(.fault, $0 ^ 1) }, []]
    if episode.threads.joined().contains(where: { Self.meetsHugePages.contains($0.operation) }) {
      populations.append(gfns.map { fault(.fault2M, $0) })
      populations.append(gfns.map { Request(operation: .fault2M, range: $0..<($0 + 1), draw: 0) })
    }
    populations.append(
      history.earlier.compactMap { map.request($0.request) }.filter { Episode.ofSetUp.contains($0.operation) })
    return populations
  }

  private static let meetsHugePages: Set<Operation> = [
    .fault2M, .split, .splitExclusive, .recover, .nxRecover, .convert, .wrprot, .clearDirty, .splitMirror,
  ]
}
