/// The command that searches an item again, or all of them.
import Foundation
import MirrorMMU
import SecureEPT

extension RerunCommand {
  /// The search of one item.
  /// - Parameter operations: joined as they are in a record.
  static func search(_ configuration: ExhaustConfiguration, _ operations: String, _ table: String) -> String {
    let names = operations.components(separatedBy: " x ")
    let option = ["--single", "--pair", "--triple"][min(names.count, 3) - 1]
    return search(configuration) + " \(option) \(names.joined(separator: ",")) --table \(table)"
  }

  /// The search of all of them.
  static func search(_ configuration: ExhaustConfiguration) -> String {
    var words = ["stress", "exhaust"] + options(configuration.kernel)
    if configuration.protocolName != .mainline { words += ["--protocol", configuration.protocolName.rawValue] }
    if let mutant = configuration.mutant { words += ["--mutant", mutant.rawValue] }
    if configuration.policy != SoakConfiguration.defaultPolicy(for: configuration.mutant) {
      words += ["--policy", configuration.policy.rawValue]
    }
    if configuration.answers != 1 { words += ["--answers", "\(configuration.answers)"] }
    return (words + ["--executions", "\(configuration.executionLimit)"]).joined(separator: " ")
  }
}
