import ArgumentParser
import Campaign
import Foundation
import Machine
import MirrorMMU
import Scheduling
import SecureEPT

/// `stress list`: the names that the options take and the reports show.
struct ListCommand: ParsableCommand {
  enum Kind: String, CaseIterable {
    case protocols, alternatives, mutants, checkers, operations, scenarios, strategies, variants, tables
  }

  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the names that the options take and the reports show.",
    discussion: """
      EXAMPLES:
        stress list protocols     what --protocol takes, and the alternatives of each
        stress list mutants       what --mutant takes, and the checkers that find each
        stress list checkers      the rules; docs/checkers has a page for each
        stress list operations    the keys of --mix
        stress list scenarios     what --scenario takes
        stress list strategies    what --strategy takes
        stress list variants      what 'stress exhaust' pairs
        stress list tables        from which it does
      """)

  @Argument(
    help: .init(
      "One of protocols, alternatives, mutants, checkers, operations, scenarios, strategies, variants, tables.",
      valueName: "kind"),
    completion: NameArgument.completion(Kind.self),
    transform: { try NameArgument.parse($0) as Kind })
  var kind: Kind?

  func run() throws {
    guard let kind else {
      throw ValidationError("list what? allowed: \(Kind.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    let lines = Self.aligned(Self.rows(kind)).map { $0 + "\n" }
    if StandardStreams.output.write(lines.joined()) != nil { throw ExitCode(ExitStatus.harnessFault) }
  }

  private static func rows(_ kind: Kind) -> [[String]] {
    switch kind {
    case .protocols: ProtocolName.allCases.map { [$0.rawValue, $0.summary] }
    case .alternatives:
      ProtocolName.allAlternatives.map { alternative in
        let protocols = ProtocolName.allCases.filter { $0.alternativeNames.contains(alternative.name) }
        return [alternative.name, alternative.summary, "with \(protocols.map(\.rawValue).joined(separator: ", "))"]
      }
    case .mutants:
      Mutant.allCases.map { mutant in
        [
          mutant.rawValue, mutant.caughtBy.map(\.name).joined(separator: ", "), mutant.scenario,
          mutant.policy.rawValue, mutant.summary,
        ]
      }
    case .checkers: CheckerID.allCases.map { [$0.name, $0.rule] }
    case .operations: Operation.allCases.map { [$0.name, $0.summary] }
    case .scenarios:
      ScenarioArgument.allCases.map { name in
        [name.rawValue, name.summary + name.limits]
      }
    case .variants:
      OperationVariant.all(.hugeShared).map {
        [$0.name, $0.memory.text, $0.operation.name + ($0.isOfKernel ? ", of a kernel alone" : "")]
      }
    case .tables:
      InitialTable.all(.hugeShared).map { [$0.name, $0.summary + ($0.isOfKernel ? ", of a kernel alone" : "")] }
    case .strategies: StrategyName.allCases.map { [$0.rawValue, $0.summary] }
    }
  }

  /// All columns but the last padded to the widest cell.
  private static func aligned(_ rows: [[String]]) -> [String] {
    let columns = rows.first.map { $0.indices.dropLast() } ?? 0..<0
    let widths = columns.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { column, cell in
        column < widths.count ? cell.padding(toLength: widths[column] + 2, withPad: " ", startingAt: 0) : cell
      }.joined()
    }
  }
}
