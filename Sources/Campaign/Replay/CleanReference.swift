/// What a token is held against before it blames anybody: the same subject without what is broken or changed in it.
///
/// Of a mutant that is the protocol itself, of a kernel tree with local changes its commit. A token that breaks a rule
/// there too does not show what was changed.
import Episodes
import Executions
import KernelMMU
import Records

struct CleanReference {
  private let name: String
  private let subject: Result<Subject, KernelBuildError>

  /// - Returns: nil where none is known.
  init?(_ broken: Subject) {
    switch broken {
    case .model(_, nil): return nil
    case .model(let protocolName, .some):
      name = protocolName.rawValue
      subject = .success(.model(protocolName, nil))
    case .kernel(let kernel):
      guard let reference = kernel.reference() else { return nil }
      name = "commit \(reference.commit.prefix(12))"
      subject = reference.kernel.map(Subject.kernel)
    }
  }

  func check(_ token: Token) -> RunRecord.Reference {
    var reference = RunRecord.Reference(subject: name)
    switch subject {
    case .failure(let error): reference.problem = error.description.split(separator: "\n").first.map(String.init) ?? ""
    case .success(let clean):
      switch TokenRegress.check(token, on: clean) {
      case .fixed(let drawn): reference.schedules = drawn
      case .proven: break
      case .fails(let checker), .breaksInSetUp(let checker): reference.checker = checker
      case .unknown(let reason): reference.problem = reason
      }
    }
    return reference
  }
}
