/// How executions on fibers end before their time: at a limit, or by a signal.
///
/// At first whoever runs them begins no other. What still runs a moment later is cut: left where it stands. Of an
/// execution that was cut nothing is known, and nothing is told. An execution of 1,024 threads of 64 operations takes
/// longer than anybody waits.
import CAtomics
import Foundation
import Machine
import Synchronization

package final class EarlyEnd: Sendable {
  /// Most executions end by themselves in this time, in seconds.
  private static let grace = 1.0

  private let requested = Atomic(false)
  private let cutting = Atomic(false)
  private let retired = Atomic(false)
  /// The machines that executions run on, as addresses.
  private let machines = Mutex<Set<UInt>>([])

  package init() {}

  /// Nobody is to begin another execution.
  package var isRequested: Bool { requested.load(ordering: .acquiring) }
  /// Executions are left where they stand.
  package var isCut: Bool { cutting.load(ordering: .sequentiallyConsistent) }

  /// Safe from any thread.
  package func request() {
    guard !requested.exchange(true, ordering: .acquiringAndReleasing) else { return }
    after(Self.grace) { $0.cut() }
  }

  /// Requests it in so many seconds, unless it is retired before.
  package func request(in seconds: Double) { after(seconds) { $0.request() } }

  /// Nothing runs any more that could be ended.
  package func retire() { retired.store(true, ordering: .releasing) }

  /// At once.
  package func cut() {
    requested.store(true, ordering: .releasing)
    cutting.store(true, ordering: .sequentiallyConsistent)
    machines.withLock { for machine in $0 { Self.pointer(machine)?.pointee.halt() } }
  }

  private func after(_ seconds: Double, _ act: @escaping @Sendable (EarlyEnd) -> Void) {
    let end = DispatchTime.now().uptimeNanoseconds + UInt64(seconds * 1e9)
    Thread.detachNewThread { [self] in
      while DispatchTime.now().uptimeNanoseconds < end && !retired.load(ordering: .acquiring) {
        Thread.sleep(forTimeInterval: 0.02)
      }
      if !retired.load(ordering: .acquiring) { act(self) }
    }
  }

  // MARK: Worlds

  func add(_ machine: MachinePointer) { machines.withLock { _ = $0.insert(UInt(bitPattern: machine)) } }

  func remove(_ machine: MachinePointer) { machines.withLock { _ = $0.remove(UInt(bitPattern: machine)) } }

  /// To be called when a machine's halt has been taken back: a cut that came before is not lost.
  func apply(to machine: MachinePointer) {
    raw_fence()
    if _slowPath(isCut) { machine.pointee.halt() }
  }

  private static func pointer(_ address: UInt) -> MachinePointer? { MachinePointer(bitPattern: address) }
}
