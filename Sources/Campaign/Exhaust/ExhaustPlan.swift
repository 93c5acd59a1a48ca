/// What a search of pairs executes, in its order: table by table, single operations, then unordered pairs, of all that
/// means something there.
import Episodes
import Executions
import KernelMMU
import Machine
import SecureEPT

public struct ExhaustPlan: Sendable {
  public struct Item: Sendable, Equatable {
    /// Its operations, joined: `fault x zap`.
    public var name: String
    public var table: String
    package var episode: Episode
  }

  public let items: [Item]

  /// - Parameters:
  ///   - operations: names of variants that race with each other, one to three; empty for every one and every pair.
  ///   - table: the name of one; nil for all.
  ///   - answers: whether SEAMCALLs may be busy and walks may yield.
  ///   - kernel: what cannot be asked of it is left out; nil for the model.
  public init(
    policy: Policy, operations: [String] = [], table: String? = nil, answers: Bool, kernel: KernelSubject? = nil
  ) {
    let subject = Subject(.mainline, nil, kernel)
    let variants = OperationVariant.all(policy)
    var items: [Item] = []
    for place in InitialTable.all(policy) where table == nil || place.name == table {
      let usable = variants.filter { $0.isFor(place, policy) }
      for combination in Self.combinations(of: usable, named: operations) {
        let episode = place.episode(combination, policy: policy, answers: answers)
        // What would be run in its place is an item of its own.
        guard subject.fitting(episode) == episode, subject.objection(to: episode) == nil else { continue }
        items.append(
          Item(name: combination.map(\.name).joined(separator: " x "), table: place.name, episode: episode))
      }
    }
    self.items = items
  }

  private static func combinations(of usable: [OperationVariant], named names: [String]) -> [[OperationVariant]] {
    guard names.isEmpty else {
      let chosen = names.compactMap { name in usable.first { $0.name == name } }
      return chosen.count == names.count ? [chosen] : []
    }
    return usable.map { [$0] } + usable.indices.flatMap { first in usable[first...].map { [usable[first], $0] } }
  }
}
