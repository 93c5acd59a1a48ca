/// Episodes for a subject that is a user's kernel: what it cannot be asked for, or what its callers rule out, becomes a
/// fault on the same gfn.
import Machine
import SecureEPT

extension ScenarioName {
  /// Whether a kernel can be asked for what the scenario is about, under one policy at least.
  package var isForKernel: Bool {
    switch self {
    case .micro, .mirrorPrune: false
    default: true
    }
  }

  /// Whether a kernel can be asked for it under this policy.
  package func isForKernel(_ policy: Policy) -> Bool { isForKernel && (self != .mirrorSplit || policy.mapsHuge) }

  /// Whether it is about what a kernel as it is does: not about private huge pages that its policy could not map.
  package var isComparable: Bool { isForKernel && self != .mirrorSplit && self != .planted }
}

extension ScenarioName {
  /// Whether it says anything where all memory is shared. Those that are about private and shared memory alike do.
  package var isForDirectRoots: Bool {
    switch self {
    case .faultZap, .faultConvert, .busy, .guestZap, .micro, .mirrorSplit, .mirrorPrune, .planted, .suspectWrprot,
      .suspectEio, .suspectRetry, .dying:
      false
    default: true
    }
  }
}

extension Episode {
  /// Whether anything in it is about private memory.
  package var needsPrivateMemory: Bool {
    regions.contains(where: \.isPrivate)
      || (populated + threads.joined()).contains { $0.operation.needsPrivateMemory }
  }

  /// The episode as a kernel can run it.
  /// - Parameter hasMirrorRoots: false for one whose memory is all shared.
  package func forKernel(hasMirrorRoots: Bool = true) -> Episode {
    guard subject == .model else { return self }
    guard hasMirrorRoots else { return shared.forKernel() }
    var episode = self
    // What is suspected shows where the callers' rules are broken.
    let suspects: [ScenarioName] = [.suspectWrprot, .suspectEio]
    let keepsRules = !suspects.contains { $0.rawValue == episode.scenario }
    var isShared = regions.map { !$0.isPrivate }
    for request in populated + threads.flatMap({ $0 }) where request.operation == .convert {
      for region in Self.regions(of: request) where region < isShared.count { isShared[region] = false }
    }
    func adapt(_ request: Request) -> Request {
      guard policy.isOffered(request.operation) else { return request.asFault }
      // Dirty logging is refused for a slot that may be private, and recovery is what ends it.
      let isAboutLogging = [.wrprot, .clearDirty, .recover].contains(request.operation)
      let isOnShared = Self.regions(of: request).allSatisfy { $0 < isShared.count && isShared[$0] }
      return keepsRules && isAboutLogging && !isOnShared ? request.asFault : request
    }
    episode.populated = populated.map(adapt)
    episode.threads = threads.map { $0.map(adapt) }
    return episode
  }

  /// The same with all memory shared.
  private var shared: Episode {
    var episode = self
    for index in episode.regions.indices { episode.regions[index].isPrivate = false }
    episode.populated = populated.map(\.onSharedMemory)
    episode.threads = threads.map { $0.map(\.onSharedMemory) }
    return episode
  }

  private static func regions(of request: Request) -> ClosedRange<Int> {
    Int(request.range.lowerBound >> 9)...Int((request.range.upperBound - 1) >> 9)
  }
}

extension Request {
  /// What comes nearest to it where no memory is private: the host takes shared pages away, and a guest uses them.
  package var onSharedMemory: Request {
    var request = self
    switch operation {
    case .zap: request.operation = .unmap
    case .guest:
      request.operation = .touch
      request.range = range.lowerBound..<(range.lowerBound + 1)
    case .convert, .plant, .splitMirror, .pruneMirror: return asFault
    default: break
    }
    return request
  }

  package var asFault: Request {
    Request(operation: .fault, range: range.lowerBound..<(range.lowerBound + 1), draw: draw)
  }
}
