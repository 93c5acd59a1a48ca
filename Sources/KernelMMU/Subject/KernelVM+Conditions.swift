/// What an episode says of the VM beside its memory, and what a checker asks about dirty logging.
import CKernelABI
import Machine

extension UnsafeMutablePointer where Pointee == KernelVM {
  /// CONFIG_PROVE_LOCKING: off, the kernel's lock assertions break no rule.
  package var assertsLocks: Bool {
    get { pointee.state.pointee.assertsLocks }
    nonmutating set { pointee.state.pointee.assertsLocks = newValue }
  }

  /// Each SEAMCALL that edits the S-EPT answers TDX_TD_FATAL. That the kernel marks the VM bugged for it is what it
  /// should do.
  package var tdIsDead: Bool {
    get { pointee.state.pointee.tdIsDead }
    nonmutating set { pointee.state.pointee.tdIsDead = newValue }
  }

  /// A fault that has to be tried again stays in its handler: no interrupt and no signal takes the vCPU out of it.
  package var lacksInterrupts: Bool {
    get { pointee.state.pointee.lacksInterrupts }
    nonmutating set { pointee.state.pointee.lacksInterrupts = newValue }
  }

  /// Faults may be prefetches, and some vCPUs begin without a direct root: where the first request's draw says so. Who
  /// begins with what the host does, as an MMU notifier, is more often no vCPU that has entered the guest yet.
  /// - Parameter requests: of each thread the first.
  package func beginRace(first requests: [Request?]) {
    pointee.state.pointee.prefetches = true
    noteTracked(!logsDirty)
    for (id, request) in requests.enumerated() {
      guard let request else { continue }
      let bits: UInt64 = request.operation.isOfHost ? 0x08 : 0x88
      guard request.draw & bits == bits else { continue }
      pointee.kernel.pointee.put_roots(pointee.tasks[id].kernel, UInt32(id))
    }
  }

  /// - Parameter isLoggedNever: NX recovery zaps what it takes off its list; it leaves alone what is logged.
  func noteTracked(_ isLoggedNever: Bool) {
    pointee.kernel.pointee.note_tracked(pointee.state.pointee.world, isLoggedNever)
  }

  /// No walk of any task is to yield: those that are not racing, and where the episode says so.
  package var isQuiet: Bool {
    get { pointee.state.pointee.isQuiet }
    nonmutating set { pointee.state.pointee.isQuiet = newValue }
  }

  /// The kernel has marked the VM bugged: its vCPUs run no more.
  var isBugged: Bool { pointee.kernel.pointee.is_bugged(pointee.state.pointee.world) }

  /// The slot has a dirty bitmap.
  package var logsDirty: Bool { pointee.kernel.pointee.logs_dirty(pointee.state.pointee.world) }

  /// Whether that bitmap has a gfn.
  package func isLoggedDirty(_ gfn: Gfn) -> Bool {
    pointee.kernel.pointee.is_dirty(pointee.state.pointee.world, gfn)
  }
}

extension Operation {
  /// No vCPU has a part in it.
  fileprivate var isOfHost: Bool {
    switch self {
    case .fault, .fault2M, .fastFault, .guest, .touch, .convert, .plant: false
    default: true
    }
  }
}
