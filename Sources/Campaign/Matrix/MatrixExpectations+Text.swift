/// Expectations as a text for people: one entry for all cells of a protocol that share outcome and reason.
import Foundation
import Machine
import MirrorMMU

extension MatrixExpectations {
  /// Stands for every name of an axis.
  static let all = "all"

  /// The file's text, in an order of its own, so that equal expectations give equal bytes.
  package func text() throws -> String {
    let order = Mutant.allCases.map(\.rawValue)
    let mutants = mutants.sorted { Self.place($0.mutant, order) < Self.place($1.mutant, order) }
    let entries = try [("cells", groups.map { try $0.text() }), ("mutants", mutants.map { try $0.text() })]
    let lists = entries.map { name, texts in
      "  \"\(name)\": " + (texts.isEmpty ? "[]" : "[\n\(texts.joined(separator: ",\n"))\n  ]")
    }
    return "{\n\(lists.joined(separator: ",\n"))\n}\n"
  }

  /// In the order of the matrix.
  static func sorted(_ cells: [Cell]) -> [Cell] {
    let protocols = MatrixConfiguration.rows.map(\.rawValue)
    func key(_ cell: Cell) -> [Int] {
      [
        place(cell.protocol, protocols), place(cell.policy, MatrixConfiguration.policyNames),
        place(cell.scenario, MatrixConfiguration.scenarioNames),
      ]
    }
    return cells.sorted { key($0).lexicographicallyPrecedes(key($1)) }
  }

  private static func place(_ name: String, _ names: [String]) -> Int { names.firstIndex(of: name) ?? names.count }

  // MARK: Grouping

  /// Cells that are one entry: every one of `scenarios` under every one of `policies`.
  private struct Group {
    var policies: [String]
    var scenarios: [String]
    var cell: Cell

    func text() throws -> String {
      var fields: [(String, String)] = [
        ("protocol", try quoted(cell.protocol)),
        ("policies", try list(policies == MatrixConfiguration.policyNames ? [all] : policies)),
        ("scenarios", try list(scenarios == MatrixConfiguration.scenarioNames ? [all] : scenarios)),
        ("outcome", try cell.outcomes.count == 1 ? quoted(cell.outcomes[0]) : list(cell.outcomes)),
        ("reason", try quoted(cell.reason)),
      ]
      if let within = cell.within { fields.append(("within", "\(within)")) }
      return object(fields)
    }
  }

  private struct Kind: Hashable {
    var name: String
    var outcomes: [String]
    var reason: String
    var within: UInt64?

    init(_ cell: Cell) { (name, outcomes, reason, within) = (cell.protocol, cell.outcomes, cell.reason, cell.within) }
  }

  private var groups: [Group] {
    Self.inOrder(Self.sorted(cells)) { Kind($0) }.flatMap { Self.rectangles($0) }
  }

  /// The fewest entries of two ways: scenarios with the same policies together, or policies with the same scenarios.
  private static func rectangles(_ cells: [Cell]) -> [Group] {
    let byScenario = inOrder(inOrder(cells, by: \.scenario)) { $0.map(\.policy) }
      .map { Group(policies: $0[0].map(\.policy), scenarios: $0.map { $0[0].scenario }, cell: $0[0][0]) }
    let byPolicy = inOrder(inOrder(cells, by: \.policy)) { $0.map(\.scenario) }
      .map { Group(policies: $0.map { $0[0].policy }, scenarios: $0[0].map(\.scenario), cell: $0[0][0]) }
    let fewest = byPolicy.count < byScenario.count ? byPolicy : byScenario
    return fewest.map { group in
      var group = group
      group.scenarios.sort {
        place($0, MatrixConfiguration.scenarioNames) < place($1, MatrixConfiguration.scenarioNames)
      }
      return group
    }
  }

  /// Elements with equal keys together, in the order in which the keys come first.
  private static func inOrder<Element, Key: Hashable>(_ elements: [Element], by key: (Element) -> Key) -> [[Element]] {
    var indices: [Key: Int] = [:]
    var result: [[Element]] = []
    for element in elements {
      if let index = indices[key(element)] {
        result[index].append(element)
      } else {
        indices[key(element)] = result.count
        result.append([element])
      }
    }
    return result
  }

  // MARK: JSON

  private static func quoted(_ text: String) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return String(decoding: try encoder.encode(text), as: UTF8.self)
  }

  private static func list(_ texts: [String]) throws -> String {
    "[" + (try texts.map { try quoted($0) }).joined(separator: ", ") + "]"
  }

  private static func object(_ fields: [(String, String)]) -> String {
    "    {\n" + fields.map { "      \"\($0)\": \($1)" }.joined(separator: ",\n") + "\n    }"
  }
}

extension MatrixExpectations.MutantCell {
  fileprivate func text() throws -> String {
    var fields = [("mutant", try MatrixExpectations.quoted(mutant))]
    if let checkers { fields.append(("checkers", try MatrixExpectations.list(checkers))) }
    if let threads {
      let reason = try MatrixExpectations.quoted(threads.reason)
      fields.append(("threads", "{\"mayMiss\": \(threads.mayMiss), \"reason\": \(reason)}"))
    }
    return MatrixExpectations.object(fields)
  }
}
