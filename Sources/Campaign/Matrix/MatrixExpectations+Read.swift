/// Reading expectations: what is wrong with a file is told in one line, with the place in it.
import Episodes
import Foundation
import Machine
import MirrorMMU

extension MatrixExpectations {
  /// - Throws: what is wrong, and where: a path such as `cells[3].policy`, or for what is not JSON the line.
  package init(parsing bytes: [UInt8]) throws(ConfigurationTextError) {
    let root = try JSONNode(parsing: bytes)
    try root.expectKeys(["cells", "mutants"])
    var cells: [Cell] = []
    var owners: [Place: Int] = [:]
    for (index, node) in try root.elements("cells").enumerated() {
      for cell in try Self.cells(node) {
        if let first = owners.updateValue(index, forKey: Place(cell)) {
          throw ConfigurationTextError(
            "cells[\(index)] is about the same cell as cells[\(first)]: \(cell.protocol), \(cell.policy), "
              + "\(cell.scenario)")
        }
        cells.append(cell)
      }
    }
    self.init(
      cells: Self.sorted(cells),
      mutants: try root.elements("mutants").map { node throws(ConfigurationTextError) in try Self.mutant(node) })
    for (index, entry) in mutants.enumerated() {
      if let first = mutants[..<index].firstIndex(where: { $0.mutant == entry.mutant }) {
        throw ConfigurationTextError(
          "mutants[\(index)] is about the same mutant as mutants[\(first)]: \(entry.mutant)")
      }
    }
  }

  private struct Place: Hashable {
    var names: [String]
    init(_ cell: Cell) { names = [cell.protocol, cell.policy, cell.scenario] }
  }

  /// The cells of one entry: each of its scenarios under each of its policies.
  private static func cells(_ node: JSONNode) throws(ConfigurationTextError) -> [Cell] {
    try node.expectKeys(["protocol", "policies", "scenarios", "outcome", "reason", "within"])
    let protocolName = try node.field("protocol").name { ProtocolName(rawValue: $0) != nil || isKernel($0) }
    let policies = try names(node.field("policies"), of: MatrixConfiguration.policyNames)
    let scenarios = try names(node.field("scenarios"), of: MatrixConfiguration.scenarioNames)
    let outcomes = try checkers(node.field("outcome"))
    let reason = try node.field("reason").sentence()
    let within = try node.optional("within").map { value throws(ConfigurationTextError) in try value.count() }
    return policies.flatMap { policy in
      scenarios.map { scenario in
        Cell(
          protocol: protocolName, policy: policy, scenario: scenario, outcomes: outcomes, reason: reason,
          within: within)
      }
    }
  }

  /// A list of at least one of the names, or of the word for all of them and nothing else.
  private static func names(_ node: JSONNode, of known: [String]) throws(ConfigurationTextError) -> [String] {
    let elements = try node.elements()
    let names = try elements.map { element throws(ConfigurationTextError) in
      try element.name { known.contains($0) || $0 == all }
    }
    if names == [all] { return known }
    guard !names.isEmpty, Set(names).count == names.count, !names.contains(all) else {
      throw ConfigurationTextError(
        "\(node.path) must name at least one, and each of them once, or be [\"\(all)\"] alone")
    }
    return names
  }

  private static func mutant(_ node: JSONNode) throws(ConfigurationTextError) -> MutantCell {
    try node.expectKeys(["mutant", "checkers", "threads"])
    return MutantCell(
      mutant: try node.field("mutant").name { Mutant(rawValue: $0) != nil },
      checkers: try node.optional("checkers").map { value throws(ConfigurationTextError) in try checkers(value) },
      threads: try node.optional("threads").map { value throws(ConfigurationTextError) in
        try value.expectKeys(["mayMiss", "reason"])
        return MutantCell.Threads(
          mayMiss: try value.field("mayMiss").flag(), reason: try value.field("reason").sentence())
      })
  }

  /// One checker's ID, or a list of at least one.
  private static func checkers(_ node: JSONNode) throws(ConfigurationTextError) -> [String] {
    guard case .array = node.value else { return [try checker(node)] }
    let elements = try node.elements()
    let names = try elements.map { element throws(ConfigurationTextError) in try checker(element) }
    guard !names.isEmpty, Set(names).count == names.count else {
      throw ConfigurationTextError("\(node.path) must name at least one checker, and each of them once")
    }
    return names
  }

  private static func checker(_ node: JSONNode) throws(ConfigurationTextError) -> String {
    try node.name { CheckerID(name: $0) != nil }
  }
}
