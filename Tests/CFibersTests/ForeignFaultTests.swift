/// Foreign code that faults or loops is left; the tool's own faults end the process, foreign code loaded or not.
///
/// The C library's code stands for the foreign object: it is loaded beside the tool, and faults as it is told.
import CFibers
import Foundation
import Testing

private var library: UnsafeRawPointer { UnsafeRawPointer(dlsym(nil, "qsort")!) }

/// Reads at the address that is its value, in the library's code.
private let reading: Fiber.Body = { argument in
  let fiber = Fiber.of(argument)
  fiber.pointee.value = strlen(UnsafePointer<CChar>(bitPattern: fiber.pointee.value)!)
  fiber.end()
}

/// Does so in the tool's own code.
private let readingItself: Fiber.Body = { argument in
  let fiber = Fiber.of(argument)
  fiber.pointee.value = Int(UnsafePointer<CChar>(bitPattern: fiber.pointee.value)!.pointee)
  fiber.end()
}

/// Calls the address that is its value.
private let jumping: Fiber.Body = { argument in
  let fiber = Fiber.of(argument)
  unsafeBitCast(fiber.pointee.value, to: (@convention(c) () -> Void).self)()
  fiber.end()
}

/// Spins in the library: searches for what is not there, for ever.
private let spinning: Fiber.Body = { argument in
  let fiber = Fiber.of(argument)
  let text = UnsafeMutablePointer<CChar>.allocate(capacity: 1 << 20)
  memset(text, 1, 1 << 20)
  while true {
    if memchr(text, 2, 1 << 20) != nil { fiber.yield() }
  }
}

private func rig(_ count: Int, _ body: @escaping Fiber.Body) -> Rig {
  let rig = Rig(count, body: body)
  _ = rig.register()
  rig.exit.pointee.foreign = fiber_foreign_of(library)
  return rig
}

@Suite struct ForeignFaultTests {
  @Test func `a loaded object's code is found by any address in it, and what is none has none`() {
    let code = fiber_foreign_of(library)
    #expect(code.start < code.end && (code.start..<code.end).contains(UInt(bitPattern: library)))
    let nothing = fiber_foreign_of(UnsafeRawPointer(bitPattern: 16))
    #expect(nothing.start == 0 && nothing.end == 0)
  }

  @Test func `a fault of foreign code is left with its signal, address and instruction, again and again`() {
    let rig = rig(4, reading)
    defer { fiber_faults_unregister() }
    for round in 1...200 {
      let number = round % 4
      rig.prepare(number, body: reading)
      rig.fibers[number].value = 16
      rig.resume(number)
      let fault = rig.fault.pointee
      #expect(fault.kind == FIBER_SIGNAL.rawValue && fault.signal == SIGSEGV)
      #expect(fault.has_address && fault.address < 64)
      #expect((rig.exit.pointee.foreign.start..<rig.exit.pointee.foreign.end).contains(fault.instruction))
      #expect(!fault.is_return_address)
    }
    // One that does not fault is not disturbed.
    "four".withCString { text in
      rig.prepare(0, body: reading)
      rig.fibers[0].value = Int(bitPattern: text)
      rig.resume(0)
    }
    #expect(rig.fault.pointee.kind == FIBER_NO_FAULT.rawValue && rig.fibers[0].value == 4)
  }

  @Test func `a jump to where no code is counts as the foreign code's`() {
    let rig = rig(1, jumping)
    defer { fiber_faults_unregister() }
    rig.fibers[0].value = 64
    rig.resume(0)
    let fault = rig.fault.pointee
    #expect(fault.kind == FIBER_SIGNAL.rawValue && fault.has_address && fault.address == 64)
  }

  @Test func `foreign code that comes to no step is left, and code that does is not`() {
    let rig = rig(1, spinning)
    defer { fiber_faults_unregister() }
    rig.exit.pointee.progress = UnsafePointer(rig.progress)
    rig.exit.pointee.progress_count = 1
    rig.exit.pointee.hang_limit = 30_000_000
    for _ in 0..<3 {
      rig.prepare(0, body: spinning)
      rig.resume(0)
      #expect(rig.fault.pointee.kind == FIBER_HANG.rawValue)
    }
  }

  @Test func `the tool's own fault ends the process, foreign code or not`() async {
    await #expect(processExitsWith: .signal(SIGSEGV)) {
      let rig = rig(1, readingItself)
      rig.fibers[0].value = 16
      rig.resume(0)
    }
  }

  @Test func `foreign code that faults outside of a fiber ends the process, and is noted`() async {
    await #expect(processExitsWith: .exitCode(43)) {
      let note = UnsafeMutablePointer<fiber_fault>.allocate(capacity: 1)
      note.initialize(to: fiber_fault())
      noted = note
      signal(SIGSEGV) { _ in _exit(noted?.pointee.signal == SIGSEGV && noted!.pointee.address < 64 ? 43 : 1) }
      fiber_faults_note(fiber_foreign_of(library), note)
      _exit(Int32(strlen(UnsafePointer<CChar>(bitPattern: 16)!)))
    }
  }
}

nonisolated(unsafe) private var noted: UnsafeMutablePointer<fiber_fault>?
