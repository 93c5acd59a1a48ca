/// One loaded kernel for each world that runs on fibers: variables of its files are memory that a world changes and
/// puts back before each execution, so no two worlds may share them.
import Foundation
import Glibc
import Synchronization

final class KernelCopies: Sendable {
  private struct State {
    var isFirstTaken = false
    var free: [LoadedKernel] = []
  }

  private let state = Mutex(State())

  /// - Parameter first: as it was loaded for the process; it is lent before any copy is made.
  /// - Returns: one that nobody else has, its variables as they were when it was loaded. Where the system loads no more
  ///   the first, which its worlds then share.
  func take(_ first: LoadedKernel) -> LoadedKernel {
    let known = state.withLock { state -> LoadedKernel? in
      if state.isFirstTaken { return state.free.popLast() }
      state.isFirstTaken = true
      return first
    }
    guard let kernel = known ?? first.copy() else { return first }
    kernel.resetVariables()
    return kernel
  }

  func giveBack(_ kernel: LoadedKernel) {
    state.withLock { state in
      if kernel.isCopy { state.free.append(kernel) } else { state.isFirstTaken = false }
    }
  }

  /// Threads race in it, and may do so for good: no world of fibers gets it from now on.
  func keepFirst() { state.withLock { $0.isFirstTaken = true } }
}
