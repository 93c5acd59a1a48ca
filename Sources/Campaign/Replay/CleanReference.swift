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
  private let subject: Result<FiberWorld.Subject, KernelBuildError>

  /// - Returns: nil where none is known.
  init?(_ broken: FiberWorld.Subject) {
    guard let kernel = broken.kernel else {
      guard broken.mutant != nil else { return nil }
      var clean = broken
      clean.mutant = nil
      name = clean.protocolName.rawValue
      subject = .success(clean)
      return
    }
    guard let reference = kernel.reference() else { return nil }
    name = "commit \(reference.commit.prefix(12))"
    subject = reference.kernel.map { clean in
      var subject = broken
      subject.kernel = clean
      return subject
    }
  }

  func check(_ token: Token) -> RunRecord.Reference {
    var reference = RunRecord.Reference(subject: name)
    switch subject {
    case .failure(let error): reference.problem = error.description.split(separator: "\n").first.map(String.init) ?? ""
    case .success(let clean):
      switch TokenRegress.check(token, on: clean) {
      case .fixed(let drawn): reference.schedules = drawn
      case .fails(let checker), .breaksInSetUp(let checker): reference.checker = checker
      case .unknown(let reason): reference.problem = reason
      }
    }
    return reference
  }
}
