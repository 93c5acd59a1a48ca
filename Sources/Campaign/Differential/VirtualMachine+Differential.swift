/// What a comparison looks at of a subject, and no engine.
import Executions
import Machine
import SecureEPT

extension VirtualMachine {
  var td: TrustDomainPointer {
    switch self {
    case .model(let model): model.td
    case .kernel(let vm): vm.pointee.td
    }
  }

  /// Puts the page statistics where the checkers find them.
  /// - Returns: false if the subject counts no page tables.
  func collectStatistics() -> Bool {
    switch self {
    case .model: true
    case .kernel(let vm): vm.reportStatistics()
    }
  }

  /// `kvm->stat.nx_lpage_splits`
  var possibleNxHugePages: Int64 {
    switch self {
    case .model(let model): Int64(model.possibleNxHugePages)
    case .kernel(let vm): vm.possibleNxHugePages
    }
  }
}
