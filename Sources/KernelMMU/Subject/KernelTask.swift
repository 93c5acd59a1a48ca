/// One task of a kernel's world: what the kernel hands back with every call as `task`.
import CKernelABI
import Machine
import SecureEPT

typealias KernelTaskPointer = UnsafeMutablePointer<KernelTask>

/// Plain values only: a snapshot copies it as bytes.
struct KernelTask: BitwiseCopyable {
  let task: TaskPointer
  let vm: KernelVMPointer
  /// Where a thread runs its rounds; nil for fibers.
  let escape: EscapePointer?
  /// The kernel's own half.
  var kernel: OpaquePointer?
  /// What the current operation is about, for reports.
  var gfn: Gfn = 0
  /// SPTEs written by the current operation, and cmpxchgs that it lost.
  var changes = 0
  var losses = 0
  /// Kernel code is what the task runs, not the harness or the guest.
  var isInKernel = false
  /// How often the current fault has been tried again.
  var retries = 0
  /// The current attempt of a fault went past the fast path.
  var hasLookedUp = false
  /// The last SEAMCALL was answered BUSY, under mmu_lock held for read, and the watchdog knows.
  var isBusy = false
  /// What the operation unmaps, once its zap has come to its end.
  var zapsNext = Task.Zapping.nothing
  /// The last S-EPT table that this task linked: the mirror's table is linked right after it.
  var added = (gfn: Gfn(0), level: UInt8(0), page: UInt32(0))
  /// Where a walk of the current operation has yielded.
  var progress = WalkProgress()
  /// The private pages that a SEAMCALL has removed last, while their caches were not written back since: the first gfn
  /// and one, 0 for none, and how many.
  var uncleanPage: Gfn = 0
  var uncleanPages: UInt64 = 0
  /// Fills two cache lines: threads write to what is next to each other in memory.
  private var padding = InlineArray<1, UInt64>(repeating: 0)

  static let alignment = 128

  init(task: TaskPointer, vm: KernelVMPointer, escape: EscapePointer?) {
    self.task = task
    self.vm = vm
    self.escape = escape
  }
}

extension UnsafeMutablePointer where Pointee == KernelTask {
  @inline(__always) static func of(_ raw: UnsafeMutableRawPointer?) -> KernelTaskPointer {
    raw.unsafelyUnwrapped.assumingMemoryBound(to: KernelTask.self)
  }

  /// vCPUs are numbered as the tasks are.
  @inline(__always) var vcpu: UInt32 { UInt32(truncatingIfNeeded: pointee.task.pointee.id) }
}
