/// The first place at which two traces of one episode part.
import Machine

package struct Discrepancy: Equatable, Sendable {
  package enum Aspect: Equatable, Sendable {
    /// This step of the operation; one of the two may have none.
    case step(Int)
    case violation, result, kicks, tables, statistics
  }

  /// Index in `EpisodeTrace.operations`.
  package var operation: Int
  package var aspect: Aspect
  /// What it is about in a few words: equal for discrepancies that have one cause, as a rule.
  package var kind: String

  /// - Parameter names: of the episode's operations, as far as they have one.
  /// - Returns: nil if the two are alike.
  package static func first(_ model: EpisodeTrace, _ other: EpisodeTrace, names: [String]) -> Discrepancy? {
    let count = max(model.operations.count, other.operations.count)
    for index in 0..<count {
      let name = index < names.count ? names[index] : "the VM's end"
      // The one without it has broken a rule in the operation before, where the two differ or are alike to the end.
      guard index < model.operations.count, index < other.operations.count else { return nil }
      // What the setup and all operations have done; the VM's end comes after.
      if index == names.count, model.statistics != other.statistics {
        return Discrepancy(operation: index, aspect: .statistics, kind: "statistics")
      }
      let (left, right) = (model.operations[index], other.operations[index])
      if let (aspect, kind) = first(left, right) {
        return Discrepancy(operation: index, aspect: aspect, kind: "\(name): \(kind)")
      }
    }
    return nil
  }

  private static func first(
    _ model: EpisodeTrace.Operation, _ other: EpisodeTrace.Operation
  ) -> (aspect: Aspect, kind: String)? {
    let common = min(model.steps.count, other.steps.count)
    if let index = (0..<common).first(where: { model.steps[$0] != other.steps[$0] }) {
      return (.step(index), kind(model.steps[index], other.steps[index]))
    }
    // What broke a rule did not go on.
    if checker(model) != checker(other) {
      return (.violation, "\(checker(model) ?? "no violation") / \(checker(other) ?? "no violation")")
    }
    if model.steps.count != other.steps.count {
      let isModel = model.steps.count > common
      let extra = isModel ? model.steps[common] : other.steps[common]
      return (.step(common), isModel ? "\(extra.name) / nothing" : "nothing / \(extra.name)")
    }
    if model.result != other.result {
      return (.result, "result \(model.result.rawValue) / \(other.result.rawValue)")
    }
    if model.kicks != other.kicks { return (.kicks, "kicks of all vCPUs") }
    if model.tables != other.tables { return (.tables, "tables after it") }
    return nil
  }

  private static func checker(_ operation: EpisodeTrace.Operation) -> String? {
    operation.violation.map { String($0.prefix { $0 != ":" }) }
  }

  private static func kind(_ model: ComparedStep, _ other: ComparedStep) -> String {
    if model.name != other.name { return "\(model.name) / \(other.name)" }
    if model.level != other.level || model.gfn != other.gfn { return "\(model.name), place" }
    if model.lock != other.lock { return "\(model.name), lock" }
    if model.kind != other.kind { return "\(model.name), status" }
    return "\(model.name), value"
  }
}
