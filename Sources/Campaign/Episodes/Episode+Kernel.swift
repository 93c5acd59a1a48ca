/// Episodes for a subject that is a user's kernel: what it cannot be asked for, or what its callers rule out, becomes a
/// fault on the same gfn.
import KernelMMU
import Machine

extension ScenarioName {
  /// Whether a kernel can be asked for what the scenario is about.
  public var isForKernel: Bool {
    switch self {
    case .micro, .mirrorSplit, .mirrorPrune, .planted: false
    default: true
    }
  }
}

extension Episode {
  /// The episode as a kernel can run it.
  package func forKernel() -> Episode {
    guard subject == .model else { return self }
    var episode = self
    // Trees are compiled with CONFIG_KVM_PROVE_MMU.
    episode.provesMmu = true
    var isShared = regions.map { !$0.isPrivate }
    for request in populated + threads.flatMap({ $0 }) where request.operation == .convert {
      for region in Self.regions(of: request) where region < isShared.count { isShared[region] = false }
    }
    func adapt(_ request: Request) -> Request {
      guard KernelVM.offers(request.operation) else { return request.asFault }
      // Dirty logging is refused for a slot that may be private, and recovery is what ends it.
      let isAboutLogging = [.wrprot, .clearDirty, .recover].contains(request.operation)
      let isOnShared = Self.regions(of: request).allSatisfy { $0 < isShared.count && isShared[$0] }
      return isAboutLogging && !isOnShared ? request.asFault : request
    }
    episode.populated = populated.map(adapt)
    episode.threads = threads.map { $0.map(adapt) }
    return episode
  }

  private static func regions(of request: Request) -> ClosedRange<Int> {
    Int(request.range.lowerBound >> 9)...Int((request.range.upperBound - 1) >> 9)
  }
}

extension Request {
  var asFault: Request {
    Request(operation: .fault, range: range.lowerBound..<(range.lowerBound + 1), draw: draw)
  }
}
