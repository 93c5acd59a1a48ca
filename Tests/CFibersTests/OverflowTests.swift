import CFibers
import Foundation
import Testing

/// Recurses until the stack ends.
@inline(never)
private func descend(_ depth: UnsafeMutablePointer<Int>) -> Int {
  depth.pointee += 1
  guard depth.pointee < .max else { return 0 }
  return descend(depth) &+ depth.pointee
}

/// A fiber that overflows its stack when its value is 1 and counts up otherwise.
private let overflowing: Fiber.Body = { argument in
  let fiber = Fiber.of(argument)
  while true {
    if fiber.pointee.value == 1 {
      var depth = 0
      fiber.pointee.value = descend(&depth)
    }
    fiber.pointee.value += 10
    fiber.yield()
  }
}

/// A fiber that writes to the address that is its value.
private let writing: Fiber.Body = { argument in
  let fiber = Fiber.of(argument)
  UnsafeMutablePointer<UInt8>(bitPattern: fiber.pointee.value)!.pointee = 1
  fiber.end()
}

/// Overflows fibers of one thread in turn. Returns how many were told with the right index.
private func overflowInTurn(_ rig: Rig, _ rounds: Int) -> Int {
  var told = 0
  for round in 0..<rounds {
    let number = round * 7 % rig.count
    rig.prepare(number, body: overflowing)
    rig.fibers[number].value = 1
    rig.resume(number)
    if rig.overflowed == number { told += 1 }
  }
  return told
}

private func signalMask() -> sigset_t {
  var mask = sigset_t()
  pthread_sigmask(SIG_BLOCK, nil, &mask)
  return mask
}

/// Thread Sanitizer keeps a stack of calls for each thread. A fiber that is abandoned leaves its frames there, which
/// after some ten thousand frames ends the process.
private var canAbandonFrames: Bool {
  #if STRESS_TSAN
    false
  #else
    true
  #endif
}

@Suite(.enabled(if: canAbandonFrames, "not under Thread Sanitizer")) struct OverflowTests {
  @Test func `an overflow names its fiber and the thread goes on`() {
    let rig = Rig(8, body: overflowing)
    #expect(rig.register())
    defer { fiber_faults_unregister() }
    rig.fibers[5].value = 1
    for number in 0..<8 {
      rig.resume(number)
      #expect(rig.overflowed == (number == 5 ? 5 : nil))
    }
    // The others were not disturbed.
    for number in 0..<8 where number != 5 {
      rig.resume(number)
      #expect(rig.fibers[number].value == 20)
    }
  }

  @Test func `overflow after overflow is told and leaves the signal mask as it was`() {
    let rig = Rig(16, body: overflowing)
    #expect(rig.register())
    defer { fiber_faults_unregister() }
    #expect(overflowInTurn(rig, 500) == 500)
    var mask = signalMask()
    #expect(sigismember(&mask, SIGSEGV) == 0 && sigismember(&mask, SIGBUS) == 0)
  }

  @Test func `values of the thread survive the overflow of a fiber`() {
    let rig = Rig(2, body: overflowing)
    #expect(rig.register())
    defer { fiber_faults_unregister() }
    rig.fibers[1].value = 1
    let (before, half) = (Int(getpid()), Double(getpid()) / 2)
    let text = "process \(before)"
    rig.resume(1)
    #expect(rig.overflowed == 1)
    #expect(before == Int(getpid()) && half == Double(getpid()) / 2)
    #expect(text == "process \(getpid())")
  }

  @Test func `two threads overflow their own fibers independently`() {
    // Of different number and size, so that what is told to the wrong thread does not pass for its own.
    let rig = Rig(5, stackBytes: 16 << 10, body: overflowing)
    #expect(rig.register())
    defer { fiber_faults_unregister() }
    let (registered, ended) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    nonisolated(unsafe) let told = UnsafeMutablePointer<Int>.allocate(capacity: 1)
    defer { told.deallocate() }
    Thread.detachNewThread {
      let rig = Rig(64, stackBytes: 48 << 10, body: overflowing)
      told.initialize(to: rig.register() ? 0 : -1)
      registered.signal()
      told.pointee += overflowInTurn(rig, 300)
      fiber_faults_unregister()
      ended.signal()
    }
    // Both are registered when either overflows.
    registered.wait()
    #expect(overflowInTurn(rig, 300) == 300)
    ended.wait()
    #expect(told.pointee == 300)
  }

  @Test func `a thread can register other stacks, and registers again after it unregistered`() {
    for count in [3, 17] {
      let first = Rig(count, body: overflowing)
      let second = Rig(2 * count, body: overflowing)
      #expect(first.register() && second.register())
      #expect(overflowInTurn(second, 40) == 40)
      fiber_faults_unregister()
      fiber_faults_unregister()
    }
  }

  @Test func `any other fault still ends the process`() async {
    await #expect(processExitsWith: .signal(SIGSEGV)) {
      let rig = Rig(2, body: writing)
      guard rig.register() else { return }
      rig.fibers[1].value = 16
      rig.resume(1)
    }
  }

  @Test func `a stray write into the guard of another fiber ends the process`() async {
    await #expect(processExitsWith: .signal(SIGSEGV)) {
      let rig = Rig(2, body: writing)
      guard rig.register() else { return }
      rig.fibers[0].value = Int(bitPattern: rig.stacks.pointee.mapping) + rig.stacks.pointee.stride + 64
      rig.resume(0)
    }
  }

  @Test func `an overflow after unregistering ends the process`() async {
    await #expect(processExitsWith: .signal(SIGSEGV)) {
      let rig = Rig(2, body: overflowing)
      guard rig.register() else { return }
      fiber_faults_unregister()
      rig.fibers[1].value = 1
      rig.resume(1)
    }
  }

  @Test func `a signal that was sent ends the process`() async {
    await #expect(processExitsWith: .signal(SIGSEGV)) {
      let rig = Rig(2, body: overflowing)
      guard rig.register() else { return }
      // To this thread: the others might take one sent to the process only after this has returned.
      raise(SIGSEGV)
    }
  }

  @Test func `a handler that was there before gets the faults that are not ours`() async {
    await #expect(processExitsWith: .exitCode(42)) {
      signal(SIGSEGV) { _ in _exit(42) }
      let rig = Rig(2, body: writing)
      guard rig.register() else { return }
      rig.fibers[1].value = 16
      rig.resume(1)
    }
  }
}
