/// What the threads of a round did near a violation: each one's requests, drawn again from the round's seed, and of
/// them those that the violation's place has to do with.
import Machine

package struct RoundHistory {
  /// How a request relates to the place of the violation.
  package enum Nearness: Int {
    case sameGfns, sameTable, wide, sameParents
  }

  package struct Step {
    package let request: Request
    package let thread: Int
    /// Requests of its thread that came after it.
    package let age: UInt64
    package let nearness: Nearness
  }

  /// Steps of a thread that are kept.
  package static let depth = 8
  /// Of steps older than those, what touched the very gfns: how many a thread.
  private static let earlierDepth = 3
  /// Steps that a thread did that long ago, in requests, may still have been going on when the rule broke: threads that
  /// have no core stand still.
  private static let recent: UInt64 = 4
  /// Above 1G, and where the violation names no gfn, all requests meet.
  private static let parentPages: UInt64 = 1 << 18

  let found: ThreadViolation
  package let plan: RoundPlan
  /// The request that broke the rule, if one is known to have.
  package private(set) var culprit: Step?
  /// By thread: what it did near the place, newest first.
  package private(set) var threads: [[Step]] = []
  /// What was done to the very gfns before, oldest first, about.
  private(set) var earlier: [Step] = []
  /// Where the rule broke: empty if the violation names no place.
  package private(set) var place: [Range<Gfn>] = []

  package init(_ found: ThreadViolation) {
    self.found = found
    let configuration = found.configuration
    plan = RoundPlan(
      runSeed: configuration.seed, round: found.round, guestPages: UInt64(configuration.memoryGiB) << 18)
    if found.moment == .populating {
      takePopulation()
      return
    }
    var workload = Workload(configuration)
    workload.prepare(plan)
    defer { workload.deallocate() }
    let culprit = found.moment == .racing ? lastOfCulprit(workload) : nil
    place = Self.place(found, culprit?.request)
    self.culprit = culprit
    var earlier: [Step] = []
    for thread in found.begun.indices {
      var steps: [Step] = []
      forEachRequest(of: thread, workload) { request, age in
        guard let nearness = nearness(request) else { return }
        steps.append(Step(request: request, thread: thread, age: age, nearness: nearness))
        guard steps.count == 4 * Self.depth else { return }
        earlier = Self.older(earlier, steps.prefix(3 * Self.depth), thread)
        steps.removeFirst(3 * Self.depth)
      }
      earlier = Self.older(earlier, steps.dropLast(Self.depth), thread)
      threads.append(steps.suffix(Self.depth).reversed())
    }
    self.earlier = earlier.sorted { ($0.age, $0.thread) > ($1.age, $1.thread) }
  }

  /// Whether a step comes before another among those that may have had a part in it.
  static func isLikelier(_ left: Step, _ right: Step) -> Bool { rank(left) < rank(right) }

  private static func rank(_ step: Step) -> (Int, Int, UInt64, Int) {
    (step.age < recent ? 0 : 1, step.nearness.rawValue, step.age, step.thread)
  }

  // MARK: Drawing again

  /// Calls `body` with each request that a thread had begun, in order.
  private func forEachRequest(of thread: Int, _ workload: Workload, _ body: (Request, _ age: UInt64) -> Void) {
    var draws = SplitMix64(seed: plan.seed, .workload, index: UInt64(thread))
    let count = found.begun[thread]
    for index in 0..<count { body(workload.next(&draws, task: thread), count - 1 - index) }
  }

  /// The violating thread's last request of the violation's operation; the last one if that is not among the last few.
  private func lastOfCulprit(_ workload: Workload) -> Step? {
    let thread = found.violation.task
    guard found.begun.indices.contains(thread) else { return nil }
    var last: [Step] = []
    forEachRequest(of: thread, workload) { request, age in
      if age < Self.recent { last.append(Step(request: request, thread: thread, age: age, nearness: .sameGfns)) }
    }
    return last.last { $0.request.operation == found.violation.operation } ?? last.last
  }

  /// Before the race one task carries the plan's population out.
  private mutating func takePopulation() {
    place = Self.place(found, nil)
    let count = UInt64(plan.populated.count)
    let steps = plan.populated.enumerated().compactMap { index, request in
      nearness(request).map {
        Step(request: request, thread: 0, age: count - 1 - UInt64(index), nearness: $0)
      }
    }
    threads = [steps.reversed()]
    culprit = steps.last
  }

  /// Adds to the steps that are kept of a thread's older ones.
  private static func older(_ kept: [Step], _ steps: ArraySlice<Step>, _ thread: Int) -> [Step] {
    let own = kept.filter { $0.thread == thread } + steps.filter { $0.nearness == .sameGfns }
    return kept.filter { $0.thread != thread } + own.suffix(earlierDepth)
  }

  // MARK: Nearness

  private static func place(_ found: ThreadViolation, _ culprit: Request?) -> [Range<Gfn>] {
    let violation = found.violation
    var place: [Range<Gfn>] = []
    if let culprit, !culprit.operation.isWide { place.append(culprit.range) }
    // Statistics and leaks are sums over all tables.
    let isSomewhere = found.moment != .atRest || violation.level > 0 && violation.checker != .cnt1
    if isSomewhere && (violation.level <= 2 || place.isEmpty) {
      let gfn = min(violation.gfn, UInt64(found.configuration.memoryGiB) << 18 - 1)
      place.append(gfn..<(gfn + 1))
    }
    return place
  }

  private func nearness(_ request: Request) -> Nearness? {
    if request.operation.isWide { return .wide }
    if place.isEmpty { return .sameParents }
    var nearest: Nearness?
    for range in place {
      if request.range.overlaps(range) { return .sameGfns }
      if Self.meets(request.range, range, pages: 512) {
        nearest = .sameTable
      } else if nearest == nil && sharesParents && Self.meets(request.range, range, pages: Self.parentPages) {
        nearest = .sameParents
      }
    }
    return nearest
  }

  private var sharesParents: Bool { found.violation.level > 2 || found.moment == .populating }

  private static func meets(_ left: Range<Gfn>, _ right: Range<Gfn>, pages: UInt64) -> Bool {
    left.lowerBound / pages <= (right.upperBound - 1) / pages
      && right.lowerBound / pages <= (left.upperBound - 1) / pages
  }
}
