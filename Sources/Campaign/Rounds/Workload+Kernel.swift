/// A round's requests for a subject that is a user's kernel: what its callers rule out becomes a fault on the same gfn.
import Machine

extension Workload {
  /// Dirty logging is refused for a slot that may be private, and recovery is what ends it. So there is memory that is
  /// shared all round long, which is logged, and memory that is converted.
  func fitting(_ request: Request) -> Request {
    guard hasMirrorRoots else { return request.onSharedMemory }
    return switch request.operation {
    case .wrprot, .clearDirty, .recover: regions(of: request).allSatisfy(staysShared) ? request : request.asFault
    case .convert: regions(of: request).contains(where: staysShared) ? request.asFault : request
    default: request
    }
  }

  private func staysShared(_ region: Gfn) -> Bool {
    if isDisjoint || region << 9 == warm.shared[0] || region << 9 == warm.shared[1] { return false }
    return !RoundPlan.kind(of: Int(region), seed: seed).isPrivate
  }

  private func regions(of request: Request) -> ClosedRange<Gfn> {
    (request.range.lowerBound >> 9)...((request.range.upperBound - 1) >> 9)
  }
}
