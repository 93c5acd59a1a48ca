/// An operation with the arguments that matter: what pairs are made of.
///
/// Everything happens around one gfn: on it, on its neighbour in the same page table, or on all of its 2M region.
import Machine
import SecureEPT

package struct OperationVariant: Sendable, Equatable {
  package enum Memory: Sendable, Equatable {
    case privateMemory, sharedMemory, either

    package var text: String {
      switch self {
      case .privateMemory: "private"
      case .sharedMemory: "shared"
      case .either: "either"
      }
    }
  }

  /// The operation's name, and what tells it from others of it.
  package var name: String
  package var request: Request
  /// Where it means something.
  package var memory: Memory
  /// Of a kernel alone: of the model nothing is left that it could show, and it is long.
  package var isOfKernel = false

  package var operation: Operation { request.operation }

  static let gfn: Gfn = 8
  /// Draws by which a kernel's thread begins without the root that its vCPU had while tables were made: one of the
  /// host's, and one that loads it late. Only a root that no vCPU holds goes away.
  private static let rootless: UInt64 = 0x08
  private static let late: UInt64 = 0x88

  private init(
    _ name: String, _ operation: Operation, _ memory: Memory, at range: Range<Gfn> = Self.gfn..<Self.gfn + 1,
    draw: UInt64 = 0, isOfKernel: Bool = false
  ) {
    self.isOfKernel = isOfKernel
    self.name = name
    self.memory = memory
    request = Request(operation: operation, range: range, draw: draw)
  }

  private static let next = gfn + 1..<gfn + 2
  private static let region: Range<Gfn> = 0..<512
  /// All of the guest's memory: logging is of a whole slot.
  static let slot: Range<Gfn> = 0..<1024

  /// Those of a policy, in the order in which they are paired.
  package static func all(_ policy: Policy) -> [OperationVariant] {
    let ofPrivate = [
      OperationVariant("fault", .fault, .either),
      OperationVariant("fault-neighbour", .fault, .either, at: next),
      OperationVariant("fault-late", .fault, .either, draw: late, isOfKernel: true),
      OperationVariant("zap", .zap, .privateMemory),
      OperationVariant("zap-region", .zap, .privateMemory, at: region),
      OperationVariant("convert", .convert, .either),
      OperationVariant("convert-region", .convert, .either, at: region, isOfKernel: true),
      // Draws that are no multiple of 16 do not look like single-stepping.
      OperationVariant("guest", .guest, .privateMemory, draw: 1),
      OperationVariant("guest-stepped", .guest, .privateMemory, draw: 16),
    ]
    let ofHuge = [
      OperationVariant("fault-2m", .fault2M, .either, draw: 1),
      OperationVariant("fault-2m-neighbour", .fault2M, .either, at: next, draw: 1, isOfKernel: true),
      OperationVariant("split-exclusive", .splitExclusive, .either, at: region),
    ]
    let ofShared = [
      OperationVariant("fault-2m-exec", .fault2M, .sharedMemory, draw: 0),
      OperationVariant("fast-fault", .fastFault, .sharedMemory),
      OperationVariant("unmap", .unmap, .sharedMemory, draw: 0),
      OperationVariant("unmap-region", .unmap, .sharedMemory, at: region, draw: 0),
      OperationVariant("unmap-atomic", .unmap, .sharedMemory, draw: 1),
      OperationVariant("age", .age, .sharedMemory),
      OperationVariant("wrprot", .wrprot, .sharedMemory),
      OperationVariant("clear-dirty", .clearDirty, .sharedMemory),
      OperationVariant("split", .split, .sharedMemory, at: region),
      OperationVariant("recover", .recover, .sharedMemory, at: region),
      OperationVariant("nx-recover", .nxRecover, .sharedMemory),
      OperationVariant("invalidate", .invalidate, .sharedMemory),
      OperationVariant("invalidate-rootless", .invalidate, .sharedMemory, draw: rootless, isOfKernel: true),
      OperationVariant("touch-read", .touch, .sharedMemory, draw: 1),
      OperationVariant("touch-write", .touch, .sharedMemory, draw: 0),
      OperationVariant("log-dirty-on", .logDirty, .sharedMemory, at: slot, draw: 0),
      OperationVariant("log-dirty-off", .logDirty, .sharedMemory, at: slot, draw: 1),
      OperationVariant("collect-dirty", .collectDirty, .sharedMemory, at: region),
    ]
    let ofMirror = [
      OperationVariant("split-mirror", .splitMirror, .privateMemory, at: region),
      OperationVariant("prune-mirror", .pruneMirror, .privateMemory, at: region),
    ]
    return ofPrivate + ofHuge + ofShared + (policy == .hugeShared ? ofMirror : [])
  }

  func isFor(_ table: InitialTable, _ policy: Policy) -> Bool {
    switch memory {
    case .privateMemory: return table.isPrivate
    case .sharedMemory: return !table.isPrivate
    case .either:
      let isHuge = request.operation == .fault2M || request.operation == .splitExclusive
      return !isHuge || !table.isPrivate || policy.mapsHuge
    }
  }
}
