import Episodes
import Machine

/// The written form of an operation mix, `fault=60,zap=10`: weights by operation, the others get none.
package enum MixText {
  package static let largestWeight = 1_000_000

  package static var allowedNames: String { Operation.allCases.map(\.name).joined(separator: ", ") }

  /// Reads a mix. A name may stand in it once; the weights are whole numbers and one at least is above 0.
  package static func parse(_ text: String) throws(ConfigurationTextError) -> OperationMix {
    guard !text.isEmpty else {
      throw ConfigurationTextError("a mix is NAME=WEIGHT,... with names among \(allowedNames)")
    }
    var weights: [Operation: Int] = [:]
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let (operation, weight) = try parsePart(part)
      guard weights.updateValue(weight, forKey: operation) == nil else {
        throw ConfigurationTextError("'\(operation.name)' stands twice in the mix, each operation is allowed once")
      }
    }
    guard let mix = OperationMix(weights) else {
      throw ConfigurationTextError("the weights of a mix must sum to more than 0")
    }
    return mix
  }

  /// The form that `parse` reads, in the order of `Operation`; operations without weight are left out.
  package static func format(_ mix: OperationMix) -> String {
    zip(Operation.allCases, mix.weights).filter { $0.1 > 0 }.map { "\($0.0.name)=\($0.1)" }.joined(separator: ",")
  }

  private static func parsePart(_ part: Substring) throws(ConfigurationTextError) -> (Operation, Int) {
    guard let equals = part.firstIndex(of: "=") else {
      throw ConfigurationTextError("'\(part)' in the mix is not NAME=WEIGHT")
    }
    let name = String(part[..<equals])
    guard let operation = Operation(name: name) else {
      throw ConfigurationTextError("unknown operation '\(name)' in the mix; allowed are \(allowedNames)")
    }
    let digits = part[part.index(after: equals)...]
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let weight = Int(digits),
      weight <= largestWeight
    else {
      throw ConfigurationTextError("the weight of \(name) must be a whole number, 0...\(largestWeight)")
    }
    return (operation, weight)
  }
}
