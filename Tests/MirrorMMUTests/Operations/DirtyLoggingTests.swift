/// Write-protection, fast faults, dirty bits and aging: leaves of the direct root change, nothing is unmapped.
import Machine
import MirrorMMU
import SecureEPT
import Testing

@Suite struct DirtyLoggingTests {
  @Test func `write-protection clears W in its range, and a fast fault sets it again`() throws {
    let vm = try Vm()
    for gfn: Gfn in [600, 601, 602] { vm.perform(.fault, gfn) }
    let before = vm.direct(600).spte
    #expect(vm.perform(.wrprot, 600..<602).outcome == .done)
    #expect(vm.direct(600).spte == before & ~Spte.writable)
    #expect(!Spte.isWritable(vm.direct(601).spte) && Spte.isWritable(vm.direct(602).spte))
    #expect(vm.perform(.fastFault, 600).outcome == .done)
    #expect(vm.direct(600).spte == before)
    #expect(!Spte.isWritable(vm.direct(601).spte))
    #expect(vm.foundAtRest == nil)
  }

  @Test func `a second write-protection finds nothing to do`() throws {
    let vm = try Vm()
    vm.perform(.fault, 600)
    vm.perform(.wrprot, 600)
    #expect(vm.perform(.wrprot, 600).outcome == .nothing)
  }

  @Test func `a slow fault makes a write-protected page writable too`() throws {
    let vm = try Vm()
    vm.perform(.fault, 600)
    vm.perform(.wrprot, 600)
    #expect(vm.perform(.fault, 600).outcome == .done)
    #expect(Spte.isWritable(vm.direct(600).spte))
    #expect(vm.pages(1) == 1)
  }

  @Test func `a fast fault of a writable page is spurious, of an unmapped one nothing`() throws {
    let vm = try Vm()
    #expect(vm.perform(.fastFault, 600).outcome == .nothing)
    vm.perform(.fault, 600)
    #expect(vm.perform(.fastFault, 600).outcome == .spurious)
    #expect(vm.perform(.fastFault, 601).outcome == .nothing)
    #expect(vm.perform(.fastFault, 5000).outcome == .nothing)
  }

  @Test func `a fast fault of a huge page makes all of it writable`() throws {
    let vm = try Vm()
    vm.perform(.fault2M, 600)
    vm.perform(.wrprot, 700)
    #expect(!Spte.isWritable(vm.direct(512).spte))
    #expect(vm.perform(.fastFault, 513).outcome == .done)
    #expect(vm.directLevel(512) == 2 && Spte.isWritable(vm.direct(512).spte))
  }

  @Test func `a processor sets A, and D for a write to what is writable`() throws {
    let vm = try Vm()
    // An even draw is a write.
    func touch(writes: Bool) -> Outcome {
      vm.subject.perform(vm.task, Request(operation: .touch, range: 600..<601, draw: writes ? 0 : 1)).outcome
    }
    #expect(touch(writes: false) == .nothing)
    vm.perform(.fault, 600)
    let before = vm.direct(600).spte
    #expect(touch(writes: true) == .spurious)
    vm.perform(.clearDirty, 600)
    vm.perform(.age, 600)
    #expect(touch(writes: false) == .done)
    #expect(vm.direct(600).spte == before & ~Spte.dirty)
    #expect(touch(writes: true) == .done)
    #expect(vm.direct(600).spte == before)
    vm.perform(.wrprot, 600)
    #expect(touch(writes: true) == .nothing && touch(writes: false) == .spurious)
    #expect(vm.foundAtRest == nil)
  }

  @Test func `clear-dirty clears D and keeps all else`() throws {
    let vm = try Vm()
    vm.perform(.fault, 600)
    let before = vm.direct(600).spte
    #expect(vm.perform(.clearDirty, 600).outcome == .done)
    #expect(vm.direct(600).spte == before & ~Spte.dirty)
    #expect(vm.perform(.clearDirty, 600).outcome == .nothing)
    #expect(vm.foundAtRest == nil)
  }

  @Test func `clear-dirty asks at leaves alone whether it has to yield`() throws {
    func asks(_ operation: Operation, _ range: Range<Gfn>) throws -> Bool {
      let vm = try Vm()
      vm.perform(.fault, 600)
      vm.task.pointee.mayResched = true
      vm.task.pointee.reschedDraws = SplitMix64(state: 5)
      vm.perform(operation, range)
      var untouched = SplitMix64(state: 5)
      return vm.task.pointee.reschedDraws.next() != untouched.next()
    }
    let empty = try asks(.clearDirty, 610..<620)
    let leaf = try asks(.clearDirty, 598..<602)
    let other = try asks(.wrprot, 610..<620)
    #expect(!empty && leaf && other)
  }

  @Test func `aging clears A once`() throws {
    let vm = try Vm()
    vm.perform(.fault, 600)
    let before = vm.direct(600).spte
    #expect(vm.perform(.age, 600).outcome == .done)
    #expect(vm.direct(600).spte == before & ~Spte.accessed)
    #expect(vm.perform(.age, 600).outcome == .nothing)
  }

  @Test(arguments: [Operation.age, .wrprot, .clearDirty, .fastFault, .split, .recover, .nxRecover, .unmap])
  func `none of these touches the mirror`(operation: Operation) throws {
    let vm = try Vm(.huge)
    vm.perform(.fault, 3)
    vm.perform(.fault, 600)
    let before = vm.mirror(3).spte
    vm.perform(operation, 0..<512)
    #expect(vm.mirror(3).spte == before)
    #expect(vm.sept(3).state == .pending)
    #expect(vm.foundAtRest == nil)
  }

  @Test func `a zap after write-protection takes the value that is there`() throws {
    let vm = try Vm()
    vm.perform(.fault, 600)
    vm.perform(.wrprot, 600)
    let first = vm.task.pointee.head
    vm.perform(.unmap, 600)
    let kinds = (first..<vm.task.pointee.head).map { vm.task.pointee.events[$0 & (Task.eventCapacity - 1)].kind }
    #expect(kinds.contains(.xchg), "an entry that a fast fault may change is replaced atomically")
    #expect(vm.directLevel(600) == nil && vm.pages(1) == 0)
  }
}
