/// What the tasks are between two steps: what they are about to do, and their stacks.
///
/// Stacks hold what is dead, too, from calls that have returned: `scrub` clears what lies beyond their tops, so that
/// tasks which have come to the same place by different ways are alike.
import CFibers
import Glibc

extension FiberScheduler {
  /// Bytes beyond the top of a stack that are looked at in one go: where all of them are clear, so are those beyond.
  static let scrubbedBytes = 1024
}

extension UnsafeMutablePointer where Pointee == FiberScheduler {
  /// Adds what the tasks are to `hash`. With `decidesAside`, and only where a decision is taken.
  package func tell(_ hash: inout StateHash) {
    hash.add(1 << 40, UInt64(pointee.idleRounds))
    for id in 0..<pointee.count {
      let fiber = pointee.fibers[id]
      let place = (1 << 40) + UInt(8 * id + 8)
      hash.add(place, UInt64(fiber.state.rawValue) | UInt64(pointee.answersLeft[id]) << 32)
      guard fiber.state != .done, let context = fiber.context else { continue }
      hash.add(place &+ 1, UInt64(UInt(bitPattern: fiber.pendingAddress)))
      hash.add(place &+ 2, UInt64(fiber.pendingPoint))
      hash.add(place &+ 3, UInt64(UInt(bitPattern: fiber.waitsFor)))
      hash.add(place &+ 4, UInt64(UInt(bitPattern: context)))
      hash.add(all: context, byteCount: top(id) - context)
    }
  }

  /// Clears what the last step of a task has left beyond the top of its stack.
  package func scrub(_ id: Int) {
    guard let context = pointee.fibers[id].context else { return }
    let bottom = top(id) - FiberScheduler.stackBytes + FiberScheduler.scrubbedBytes
    var end = context
    while end > bottom {
      let first = end - FiberScheduler.scrubbedBytes
      guard !isClear(first) else { return }
      memset(first, 0, FiberScheduler.scrubbedBytes)
      end = first
    }
  }

  /// Clears the upper part of a task's stack, before it begins.
  package func scrubAll(_ id: Int) {
    let top = top(id)
    memset(top - 16 * FiberScheduler.scrubbedBytes, 0, 16 * FiberScheduler.scrubbedBytes)
  }

  private func isClear(_ first: UnsafeMutableRawPointer) -> Bool {
    let words = first.assumingMemoryBound(to: SIMD8<UInt64>.self)
    var all = SIMD8<UInt64>()
    for index in 0..<FiberScheduler.scrubbedBytes / 64 {
      all |= UnsafeMutableRawPointer(words + index).loadUnaligned(as: SIMD8<UInt64>.self)
    }
    return all == SIMD8<UInt64>()
  }

  private func top(_ id: Int) -> UnsafeMutableRawPointer {
    fiber_stack_top(pointee.stacks, UInt32(truncatingIfNeeded: id)).unsafelyUnwrapped
  }
}
