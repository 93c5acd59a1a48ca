import Machine
import MirrorMMU

/// What a matrix is expected to show: the cells that are not plain `OK`, each with its reason, and what catches a
/// mutant.
///
/// The file groups cells, see `MatrixExpectations+Text.swift`; here each stands on its own.
package struct MatrixExpectations: Sendable, Equatable {
  /// Stands for the reason of a cell that `--update` has added: somebody has to explain it.
  package static let unexplained = "not explained yet"

  package struct Cell: Sendable, Equatable {
    package var `protocol`: String
    package var policy: String
    package var scenario: String
    /// The checkers of which one must fire.
    package var outcomes: [String]
    package var reason: String
    /// Schedules in which it must, where they are more than a quick matrix has.
    package var within: UInt64?

    package init(
      protocol: String, policy: String, scenario: String, outcomes: [String], reason: String, within: UInt64? = nil
    ) {
      self.protocol = `protocol`
      self.policy = policy
      self.scenario = scenario
      self.outcomes = outcomes
      self.reason = reason
      self.within = within
    }
  }

  /// Of a mutant that is not just as it declares itself.
  package struct MutantCell: Sendable, Equatable {
    package struct Threads: Sendable, Equatable {
      package var mayMiss: Bool
      package var reason: String

      package init(mayMiss: Bool, reason: String) {
        self.mayMiss = mayMiss
        self.reason = reason
      }
    }

    package var mutant: String
    /// Which may catch it; nil for those that the mutant names.
    package var checkers: [String]?
    package var threads: Threads?

    package init(mutant: String, checkers: [String]? = nil, threads: Threads? = nil) {
      self.mutant = mutant
      self.checkers = checkers
      self.threads = threads
    }
  }

  package var cells: [Cell]
  package var mutants: [MutantCell]

  /// Every cell `OK`, every mutant caught by the checkers that it names.
  package init(cells: [Cell] = [], mutants: [MutantCell] = []) {
    self.cells = cells
    self.mutants = mutants
  }

  /// Stands for a user's kernel of any version; `linux-7.3.1` stands for that of one.
  static let anyKernel = "linux"

  static func isKernel(_ name: String) -> Bool { name == anyKernel || name.hasPrefix("\(anyKernel)-") }

  /// What is said of a version comes before what is said of all.
  func cell(_ protocolName: String, policy: String, scenario: String) -> Cell? {
    let names = Self.isKernel(protocolName) ? [protocolName, Self.anyKernel] : [protocolName]
    for name in names {
      if let cell = cells.first(where: { $0.protocol == name && $0.policy == policy && $0.scenario == scenario }) {
        return cell
      }
    }
    return nil
  }

  func checkers(_ mutant: Mutant) -> [String] {
    mutants.first { $0.mutant == mutant.rawValue }?.checkers ?? mutant.caughtBy.map(\.name)
  }

  /// The reason for which threads may miss a mutant, nil if they may not.
  func mayMiss(_ mutant: String) -> String? {
    mutants.first { $0.mutant == mutant }?.threads.flatMap { $0.mayMiss ? $0.reason : nil }
  }
}
