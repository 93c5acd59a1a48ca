/// RACE-1: the rule of the kernel's KCSAN. Two threads access the same bytes, one of them writes, one of the accesses
/// is plain, and nothing orders the two.
///
/// Verified before each step that accesses memory: every other thread that can go on stands at an access of its own,
/// and if that is such a pair either may come first. No lock, RCU section or marked access is in between, so there is
/// no false alarm: both threads are at the access, as when KCSAN reports. Not verified: accesses that no schedule point
/// announces, which are those of the tool's own C and of the kernel code that it stands in for; and pairs that no
/// schedule of the run brought together. Exempt: what data_race() says is meant, and what `Machine.isKnownRace` knows.
import CAtomics
import Machine

package enum RaceChecker {
  /// From here on the rule is looked at in all executions of a scheduler whose machine has the suite.
  package static func install(on scheduler: FiberSchedulerPointer) { scheduler.pointee.watcher = beforeStep }

  private static let beforeStep: @convention(c) (UnsafeMutableRawPointer) -> Void = { raw in
    let scheduler = raw.assumingMemoryBound(to: FiberScheduler.self)
    let mover = scheduler.pointee.mover
    let step = scheduler.pointee.fibers + mover
    guard isAccess(step), let suite = CheckerSuite.of(scheduler.pointee.machine.pointee.tasks[mover]) else { return }
    suite.pointee.tasks[mover].count(.race1)
    for other in 0..<scheduler.pointee.count where other != mover && scheduler.isReady(other) {
      if _slowPath(races(step, scheduler.pointee.fibers + other)) && !isKnown(scheduler, mover, other) {
        return report(scheduler, mover, other)
      }
    }
  }

  @inline(__always) private static func isAccess(_ fiber: UnsafeMutablePointer<Fiber>) -> Bool {
    guard fiber.pointee.pendingAddress != nil else { return false }
    return switch schedule_kind(fiber.pointee.pendingKind) {
    case SCHEDULE_LOAD, SCHEDULE_STORE, SCHEDULE_RMW, SCHEDULE_PLAIN_LOAD, SCHEDULE_PLAIN_STORE:
      !fiber.pointee.isExempt
    default: false
    }
  }

  @inline(__always) private static func isPlain(_ fiber: UnsafeMutablePointer<Fiber>) -> Bool {
    let kind = fiber.pointee.pendingKind
    return kind == SCHEDULE_PLAIN_LOAD.rawValue || kind == SCHEDULE_PLAIN_STORE.rawValue
  }

  @inline(__always) private static func writes(_ fiber: UnsafeMutablePointer<Fiber>) -> Bool {
    let kind = fiber.pointee.pendingKind
    return kind != SCHEDULE_LOAD.rawValue && kind != SCHEDULE_PLAIN_LOAD.rawValue
  }

  @inline(__always) private static func races(
    _ left: UnsafeMutablePointer<Fiber>, _ right: UnsafeMutablePointer<Fiber>
  ) -> Bool {
    guard isPlain(left) || isPlain(right), isAccess(right), writes(left) || writes(right) else { return false }
    let (leftStart, rightStart) = (start(left), start(right))
    return leftStart < rightStart &+ UInt(right.pointee.pendingBytes)
      && rightStart < leftStart &+ UInt(left.pointee.pendingBytes)
  }

  @inline(never) private static func isKnown(_ scheduler: FiberSchedulerPointer, _ mover: Int, _ other: Int) -> Bool {
    let machine = scheduler.pointee.machine
    let moves = writes(scheduler.pointee.fibers + mover)
    let (writer, reader) = moves ? (mover, other) : (other, mover)
    func code(_ id: Int) -> UnsafeRawPointer? {
      machine.pointee.codePlace?(UnsafeMutableRawPointer(machine.pointee.tasks[id]))
    }
    guard let isKnownRace = machine.pointee.isKnownRace, !writes(scheduler.pointee.fibers + reader),
      let address = scheduler.pointee.fibers[writer].pendingAddress,
      let word = machine.pointee.wordName?(UnsafeMutableRawPointer(machine), address),
      let write = code(writer), let read = code(reader)
    else { return false }
    return isKnownRace(UnsafeMutableRawPointer(machine), write, read, word)
  }

  @inline(__always) private static func start(_ fiber: UnsafeMutablePointer<Fiber>) -> UInt {
    UInt(bitPattern: fiber.pointee.pendingAddress)
  }
}

// MARK: The report

extension RaceChecker {
  @inline(never) private static func report(_ scheduler: FiberSchedulerPointer, _ mover: Int, _ other: Int) {
    let machine = scheduler.pointee.machine
    let (left, right) = (scheduler.pointee.fibers + mover, scheduler.pointee.fibers + other)
    let entry = entry(machine, left)
    let word = entry == nil ? name(machine, left) : "an SPTE"
    let accesses = [mover, other].map { id in
      ViolatingAccess(
        task: id, text: verb(scheduler.pointee.fibers + id) + (word.isEmpty ? "" : " \(word)"),
        code: UInt(bitPattern: machine.pointee.codePlace?(UnsafeMutableRawPointer(machine.pointee.tasks[id]))))
    }
    let task = machine.pointee.tasks[mover]
    let header = entry.map { machine.pointee.arena.headers[Int($0 / 512)] }
    let level = Int(header?.level ?? 0)
    let gfn =
      header.map { $0.gfn &+ UInt64((entry ?? 0) & 511) &* Spte.pages(max(level, 1)) }
      ?? task.published(.operation) & (1 << 56 - 1)
    task.violationAfterDrain(
      .race1, gfn: gfn, level: level, entry: entry ?? 0,
      expected: "a plain access has the bytes to itself, or both only read them",
      seen: "\(side(left, mover)) and \(side(right, other)) of \(word.isEmpty ? "one word" : word), in either order"
        + shared(machine, left, right),
      accesses: accesses)
  }

  private static func verb(_ fiber: UnsafeMutablePointer<Fiber>) -> String {
    switch schedule_kind(fiber.pointee.pendingKind) {
    case SCHEDULE_PLAIN_LOAD: "plain read"
    case SCHEDULE_PLAIN_STORE: "plain write"
    case SCHEDULE_LOAD: "READ_ONCE"
    case SCHEDULE_STORE: "WRITE_ONCE"
    default: "atomic"
    }
  }

  private static func side(_ fiber: UnsafeMutablePointer<Fiber>, _ id: Int) -> String {
    let bytes = fiber.pointee.pendingBytes
    return "\(verb(fiber)) of \(bytes) byte\(bytes == 1 ? "" : "s") by thread \(id)"
  }

  private static func name(_ machine: MachinePointer, _ fiber: UnsafeMutablePointer<Fiber>) -> String {
    guard let address = fiber.pointee.pendingAddress else { return "" }
    return machine.pointee.wordName?(UnsafeMutableRawPointer(machine), address).map { String(cString: $0) } ?? ""
  }

  private static func entry(_ machine: MachinePointer, _ fiber: UnsafeMutablePointer<Fiber>) -> UInt32? {
    let offset = start(fiber) &- UInt(bitPattern: machine.pointee.arena.base)
    guard offset < UInt(machine.pointee.arena.capacity * PageArena.pageSize) else { return nil }
    return UInt32(truncatingIfNeeded: offset >> 3)
  }

  /// What both access, before either does. Addresses of this process stay out of reports, so that what could be one is
  /// left out.
  private static func shared(
    _ machine: MachinePointer, _ left: UnsafeMutablePointer<Fiber>, _ right: UnsafeMutablePointer<Fiber>
  ) -> String {
    let from = max(start(left), start(right))
    let end = min(start(left) &+ UInt(left.pointee.pendingBytes), start(right) &+ UInt(right.pointee.pendingBytes))
    let text = end - from == 1 ? "; the byte that both access" : "; the \(end - from) bytes that both access"
    guard end - from <= 8, let memory = UnsafeRawPointer(bitPattern: from) else { return "" }
    var value: UInt64 = 0
    for index in 0..<Int(end - from) {
      value |= UInt64(memory.load(fromByteOffset: index, as: UInt8.self)) << UInt64(8 * index)
    }
    guard end - from <= 4 || value < 1 << 32 || entry(machine, left) != nil else { return "" }
    return "\(text) hold\(end - from == 1 ? "s" : "") \(value.hex)"
  }
}
