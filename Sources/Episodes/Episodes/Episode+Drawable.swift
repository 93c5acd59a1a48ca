/// What an episode may hold: what the scenarios draw, for the subject that is to run it. Nothing else is explored,
/// minimised to, or taken from a token: what only the harness can ask for says nothing about its subject.
import Machine

extension Episode {
  /// What comes before TDH.MR.FINALIZE and the race. No guest runs then, and nothing is zapped.
  package static let ofSetUp: Set<Operation> = [.fault, .fault2M, .wrprot, .clearDirty, .logDirty, .plant]

  /// What stands in its initial tables and cannot, in a clause; nil where all of it can.
  var oddityOfSetUp: String? {
    guard subject == .model else { return populated.isEmpty ? nil : "initial tables, and the common model has none" }
    return populated.first { !Self.ofSetUp.contains($0.operation) }.map {
      "'\($0.operation.name)' in its initial tables, which are made before the TD can run"
    }
  }

  /// Why no scenario draws it, in a clause; nil for one that could be drawn.
  /// - Parameter isKernel: it is to run on a kernel.
  package func oddity(isKernel: Bool) -> String? {
    if let oddity = oddityOfSetUp { return oddity }
    guard subject == .model else { return nil }
    if threads.contains(where: { $0.contains { $0.operation == .plant } }) {
      return "'\(Operation.plant.name)' in its race, which is the harness's act before it"
    }
    let requests = populated + threads.flatMap { $0 }
    let logs = requests.contains { $0.operation == .logDirty || $0.operation == .collectDirty }
    // Dirty logging is of the whole slot, and refused for one that may be private.
    if logs && (!isKernel || regions.contains(where: \.isPrivate) || requests.contains { $0.operation == .convert }) {
      return "dirty logging of what may be private, or of the model"
    }
    if isKernel && self != forKernel() { return "what a kernel's callers rule out" }
    return nil
  }
}
