/// What executions have met, to tell an episode that has shown something new from those that have not.
///
/// Two things are looked at. Where in their code two threads came upon the same word one after the other, at least one
/// of them to write it; and from where to where a thread went from one access to its next, which tells branches, lost
/// cmpxchgs, BUSY and retries apart. A place is the return address of the access in a kernel's code, with the operation
/// and what stands in the entry; for the model, which has no addresses that mean anything, it is that alone.
import CAtomics
import Machine

package final class Meetings {
  fileprivate struct Word {
    var address: UInt = 0
    var execution: UInt32 = 0
    var place: UInt32 = 0
    var task: UInt16 = 0
    var isWrite = false
  }

  fileprivate struct State {
    /// By a hash of the address, or behind it: where words stand in memory has no say in what is met.
    let words: UnsafeMutablePointer<Word>
    /// By task: the place that it was at last.
    let places: UnsafeMutablePointer<UInt32>
    /// A bit for each hash of what was met.
    let met: UnsafeMutablePointer<UInt64>
    let vm: VirtualMachine
    var execution: UInt32 = 0
    /// Words of this execution.
    var used = 0
    var fresh = 0
  }

  fileprivate static let wordCount = 1 << 14
  fileprivate static let metBits = 1 << 19

  private let state: UnsafeMutablePointer<State>
  private let world: FiberWorld

  package init(_ world: FiberWorld) {
    self.world = world
    func memory<Element>(_ count: Int, _ value: Element) -> UnsafeMutablePointer<Element> {
      let memory = UnsafeMutablePointer<Element>.allocate(capacity: count)
      memory.initialize(repeating: value, count: count)
      return memory
    }
    state = memory(
      1,
      State(
        words: memory(Self.wordCount, Word()), places: memory(world.capacity, 0), met: memory(Self.metBits / 64, 0),
        vm: world.vm))
  }

  deinit {
    state.pointee.words.deallocate()
    state.pointee.places.deallocate()
    state.pointee.met.deallocate()
    state.deinitialize(count: 1)
    state.deallocate()
  }

  /// Nothing was met yet.
  package func forget() { state.pointee.met.update(repeating: 0, count: Self.metBits / 64) }

  /// The next execution is watched.
  package func watch() {
    state.pointee.execution &+= 1
    state.pointee.used = 0
    if state.pointee.execution == 0 {
      state.pointee.words.update(repeating: Word(), count: Self.wordCount)
      state.pointee.execution = 1
    }
    state.pointee.places.update(repeating: 0, count: world.capacity)
    world.scheduler.pointee.observerState = UnsafeMutableRawPointer(state)
    world.scheduler.pointee.observer = Self.step
  }

  /// The next execution is not.
  package func rest() {
    world.scheduler.pointee.observer = nil
    world.scheduler.pointee.observerState = nil
  }

  /// How much was met for the first time since this was asked last.
  package func takeFresh() -> Int {
    defer { state.pointee.fresh = 0 }
    return state.pointee.fresh
  }

  private static let step: @convention(c) (UnsafeMutableRawPointer) -> Void = { raw in
    let scheduler = raw.assumingMemoryBound(to: FiberScheduler.self)
    guard let state = scheduler.pointee.observerState?.assumingMemoryBound(to: State.self) else { return }
    let id = scheduler.pointee.mover
    let fiber = scheduler.pointee.fibers[id]
    let task = scheduler.pointee.machine.pointee.tasks[id]
    let address = UInt(bitPattern: fiber.pendingAddress)
    let place = Meetings.place(state.pointee.vm, task, fiber.pendingKind, fiber.pendingAddress)
    state.meet(Meetings.mix(state.pointee.places[id], place))
    state.pointee.places[id] = place
    guard address != 0 else { return }
    let isWrite = !FiberScheduler.isRead(fiber.pendingKind)
    guard let word = state.word(address) else { return }
    if word.pointee.execution == state.pointee.execution {
      if word.pointee.task != UInt16(truncatingIfNeeded: id) && (isWrite || word.pointee.isWrite) {
        state.meet(Meetings.mix(~word.pointee.place, place))
      }
      // Who only reads does not hide who has written.
      if !isWrite && word.pointee.isWrite { return }
    }
    if word.pointee.execution != state.pointee.execution { state.pointee.used &+= 1 }
    word.pointee = Word(
      address: address, execution: state.pointee.execution, place: place, task: UInt16(truncatingIfNeeded: id),
      isWrite: isWrite)
  }

  @inline(__always) private static func place(
    _ vm: VirtualMachine, _ task: TaskPointer, _ kind: UInt32, _ address: UnsafeRawPointer?
  ) -> UInt32 {
    let entry = entry(task, address)
    return mix(vm.offset(of: task), entry &<< 16 | UInt32(task.pointee.currentOperation.rawValue) &<< 8 | kind)
  }

  /// Level and root of the table that an address is in, and what stands there; 0 for all other memory.
  @inline(__always) private static func entry(_ task: TaskPointer, _ address: UnsafeRawPointer?) -> UInt32 {
    let machine = task.pointee.machine
    let arena = machine.pointee.arenaView
    let offset = UInt(bitPattern: address) &- UInt(bitPattern: arena.base)
    guard offset < UInt(machine.pointee.arena.capacity * PageArena.pageSize) else { return 0 }
    let header = arena.headers + Int(offset >> 12)
    let value = arena.base[Int(offset >> 3)]
    let kind: UInt32 =
      Spte.isFrozen(value)
      ? 1 : !Spte.isShadowPresent(value) ? 2 : Spte.isLast(value, Int(header.pointee.level)) ? 3 : 4
    return UInt32(header.pointee.level) &<< 5 | UInt32(header.pointee.kind.rawValue) &<< 3 | kind
  }

  @inline(__always) private static func mix(_ left: UInt32, _ right: UInt32) -> UInt32 {
    var word = (UInt64(left) << 32 | UInt64(right)) &* 0x9e37_79b9_7f4a_7c15
    word ^= word >> 29
    word &*= 0xbf58_476d_1ce4_e5b9
    return UInt32(truncatingIfNeeded: word >> 32)
  }
}

extension UnsafeMutablePointer where Pointee == Meetings.State {
  /// Where an address stands in this execution, or is to stand; nil for one too many.
  @inline(__always) fileprivate func word(_ address: UInt) -> UnsafeMutablePointer<Meetings.Word>? {
    let mask = Meetings.wordCount - 1
    var index = Int(truncatingIfNeeded: ((address >> 3) &* 0x9e37_79b9_7f4a_7c15) >> 48) & mask
    while true {
      let word = pointee.words + index
      if word.pointee.execution != pointee.execution { return pointee.used * 2 < Meetings.wordCount ? word : nil }
      if word.pointee.address == address { return word }
      index = (index &+ 1) & mask
    }
  }

  @inline(__always) fileprivate func meet(_ hash: UInt32) {
    let bit = Int(hash) & (Meetings.metBits - 1)
    if _fastPath(pointee.met[bit >> 6] & 1 << UInt64(bit & 63) != 0) { return }
    pointee.met[bit >> 6] |= 1 << UInt64(bit & 63)
    pointee.fresh &+= 1
  }
}
