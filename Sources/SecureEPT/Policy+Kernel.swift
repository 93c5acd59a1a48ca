/// What a kernel can be asked for under a policy.
import Machine

extension Policy {
  /// Whether a kernel can be asked for an operation: there are private huge pages to split under `huge` alone.
  package func isOffered(_ operation: Operation) -> Bool {
    switch operation {
    case .splitMirror: mapsHuge
    case .pruneMirror: false
    default: true
    }
  }
}

extension Operation {
  /// Whether it is about private memory alone, or makes some.
  package var needsPrivateMemory: Bool {
    switch self {
    case .zap, .convert, .guest, .plant, .splitMirror, .pruneMirror: true
    default: false
    }
  }
}
