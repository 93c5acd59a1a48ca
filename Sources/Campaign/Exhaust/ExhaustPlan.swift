/// What a search executes, in its order: table by table, single operations, then unordered pairs, of all that means
/// something there; or episodes of a scenario; or one that somebody has.
import Episodes
import Executions
import KernelMMU
import Machine
import Scheduling
import SecureEPT

package struct ExhaustPlan: Sendable {
  package struct Item: Sendable, Equatable {
    /// Its operations, joined: `fault x zap`.
    package var name: String
    package var table: String
    package var episode: Episode
  }

  package let items: [Item]

  /// - Parameters:
  ///   - operations: names of variants that race with each other, one to three; empty for every one and every pair.
  ///   - threads: of combinations that are not named, 1 to `mostThreads`; nil for one and two.
  ///   - table: the name of one; nil for all.
  ///   - answers: whether SEAMCALLs may be busy and walks may yield.
  ///   - kernel: what cannot be asked of it is left out; nil for the model.
  package init(
    policy: Policy, operations: [String] = [], threads: Int? = nil, table: String? = nil, answers: Bool,
    kernel: KernelSubject? = nil
  ) {
    let subject = Subject(.mainline, nil, kernel)
    let variants = OperationVariant.all(policy).filter { kernel != nil || !$0.isOfKernel }
    var items: [Item] = []
    for place in InitialTable.all(policy) where table == nil || place.name == table {
      if place.isOfKernel && kernel == nil { continue }
      let usable = variants.filter { $0.isFor(place, policy) }
      for combination in Self.combinations(of: usable, named: operations, threads) {
        let episode = place.episode(combination, policy: policy, answers: answers)
        // What would be run in its place is an item of its own.
        guard subject.fitting(episode) == episode, subject.objection(to: episode) == nil,
          subject.oddity(of: episode) == nil, !Self.recoversWhileLogging(episode)
        else { continue }
        items.append(
          Item(name: combination.map(\.name).joined(separator: " x "), table: place.name, episode: episode))
      }
    }
    self.items = items
  }

  /// Huge pages are recovered by whoever ends the logging of a slot, and by nobody while it lasts.
  private static func recoversWhileLogging(_ episode: Episode) -> Bool {
    let operations = (episode.populated + episode.threads.flatMap { $0 }).map(\.operation)
    return operations.contains(.recover) && operations.contains(.logDirty)
  }

  /// Episodes of a scenario as `explore` draws them with this seed, from the first on.
  /// - Parameters:
  ///   - threads: 1 to `mostThreads`, with `operations` each.
  ///   - answers: whether SEAMCALLs may be busy and walks may yield where the scenario has them do so.
  package init(
    scenario: ScenarioName, seed: UInt64, episodes: Int, threads: Int, operations: Int, policy: Policy, answers: Bool,
    kernel: KernelSubject? = nil
  ) {
    let subject = Subject(.mainline, nil, kernel)
    items = (0..<UInt64(episodes)).map { index in
      var draws = SplitMix64(seed: seed, .episode, index: index)
      var episode = subject.fitting(
        Scenario.episode(scenario, threads: threads, operations: operations, policy: policy, draws: &draws))
      if !answers { (episode.injectsBusy, episode.mayYield) = (false, false) }
      return Item(name: "episode \(index)", table: "scenario \(scenario.rawValue)", episode: episode)
    }
  }

  /// An episode as it is.
  /// - Throws: why it cannot be searched on this subject, in a clause.
  package init(_ text: EpisodeText, kernel: KernelSubject? = nil) throws(Objection) {
    let episode = text.episode
    guard episode.threads.count <= Self.mostThreads else {
      throw Objection(
        "it has \(episode.threads.count) threads, and more than \(Self.mostThreads) are never searched completely")
    }
    let subject = Subject(text.protocolName ?? .mainline, text.mutant, kernel)
    if let objection = subject.objection(to: episode) { throw Objection(objection) }
    items = [Item(name: "the episode", table: "its own", episode: episode)]
  }

  package struct Objection: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
  }

  /// More are never complete.
  package static let mostThreads = 8

  private static func combinations(
    of usable: [OperationVariant], named names: [String], _ threads: Int?
  ) -> [[OperationVariant]] {
    guard names.isEmpty else {
      let chosen = names.compactMap { name in usable.first { $0.name == name } }
      return chosen.count == names.count ? [chosen] : []
    }
    guard let threads else { return all(1, usable[...]) + all(2, usable[...]) }
    return all(threads, usable[...])
  }

  /// Unordered combinations of so many, each as often as one likes.
  private static func all(_ count: Int, _ usable: ArraySlice<OperationVariant>) -> [[OperationVariant]] {
    guard count > 0 else { return [[]] }
    return usable.indices.flatMap { first in all(count - 1, usable[first...]).map { [usable[first]] + $0 } }
  }
}
