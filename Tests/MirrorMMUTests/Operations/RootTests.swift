/// Roots: invalidation, grace periods, and the VM's end.
import Machine
import MirrorMMU
import SecureEPT
import Testing

@Suite struct RootTests {
  @Test func `an invalidation empties the direct root, retires it, and the next fault makes another`() throws {
    let vm = try Vm()
    for gfn: Gfn in [512, 1600] { vm.perform(.fault, gfn) }
    vm.perform(.fault2M, 2600)
    let old = vm.directRoot
    let effect = vm.perform(.invalidate, 0)
    #expect(effect.outcome == .done)
    #expect(effect.unmapped?.range == 0..<Vm.guestPages && effect.unmapped?.isPrivate == false)
    #expect(vm.directRoot == 0)
    #expect(vm.pages(1) == 0 && vm.pages(2) == 0 && vm.tables == 0)
    #expect(vm.header(old).isInvalid && vm.header(old).state == .deferred)
    vm.perform(.fault, 512)
    #expect(vm.directRoot != 0 && vm.directRoot != old)
    #expect(vm.directLevel(1600) == nil)
    #expect(vm.foundAtRest == nil)
  }

  @Test(arguments: [true, false])
  func `a root is zapped from the leaves up, or by subtrees whose tables freeze as they go`(provesMmu: Bool) throws {
    let vm = try Vm()
    vm.subject.kvm.pointee.provesMmu = provesMmu
    vm.perform(.fault, 512)
    let leaf = vm.direct(512).entry
    vm.perform(.invalidate, 0)
    #expect(leaf.pointee == Spte.frozen, "its table was unlinked")
    let first = vm.task.pointee.head - Task.eventCapacity
    let events = (max(0, first)..<vm.task.pointee.head).map { vm.task.pointee.events[$0 & (Task.eventCapacity - 1)] }
    let zapped = events.filter { $0.kind == .cmpxchg && $0.new == Spte.nonpresent }.map { Int($0.level) }
    #expect(zapped == (provesMmu ? [3, 4] : [1, 2, 3, 4]))
  }

  @Test func `an old root is freed once the readers that may hold it have left, and not before`() throws {
    let vm = try Vm()
    vm.perform(.fault, 512)
    let old = vm.directRoot
    vm.other.rcuReadLock()
    vm.perform(.invalidate, 0)
    vm.task.rcuPoll(force: true)
    #expect(vm.header(old).state == .deferred)
    vm.other.rcuReadUnlock()
    vm.task.rcuPoll(force: true)
    #expect(vm.header(old).state == .free)
  }

  @Test func `an invalidation leaves the mirror alone, and finds nothing without a direct root`() throws {
    let vm = try Vm()
    vm.perform(.fault, 3)
    #expect(vm.perform(.invalidate, 0).outcome == .nothing)
    #expect(vm.mirrorLevel(3) == 1)
  }

  @Test func `roots may come and go more often than there are slots`() throws {
    let vm = try Vm()
    for _ in 0..<(3 * Roots.slots) {
      vm.perform(.fault, 512)
      #expect(vm.perform(.invalidate, 0).outcome == .done)
      vm.task.rcuPoll(force: true)
    }
    #expect(vm.foundAtRest == nil)
  }

  @Test(arguments: Policy.allCases, [true, false])
  func `a teardown gives every table back, from the leaves up or by subtrees`(policy: Policy, provesMmu: Bool) throws {
    let vm = try Vm(policy, kinds: { ($0 & 1 == 0, $0 & 2 == 0) })
    vm.subject.kvm.pointee.provesMmu = provesMmu
    for gfn in stride(from: Gfn(0), to: 40 * 512, by: 300) { vm.perform(gfn & 1 == 0 ? .fault : .fault2M, gfn) }
    vm.perform(.splitExclusive, 0..<512)
    vm.perform(.convert, 300..<900)
    vm.perform(.invalidate, 0)
    vm.perform(.fault, 512)
    #expect(vm.foundAtRest == nil)
    #expect(vm.liveTables > 10)
    vm.tearDown()
    #expect(vm.liveTables == 0)
    #expect(vm.pages(1) == 0 && vm.pages(2) == 0 && vm.tables == 0)
    vm.suite.verifyTornDown(vm.task)
    #expect(vm.violation == nil)
  }

  @Test func `a VM can be built again where another was torn down`() throws {
    let vm = try Vm()
    vm.perform(.fault, 3)
    vm.tearDown()
    vm.subject.build(vm.task)
    vm.beginRound()
    #expect(vm.mirrorLevel(3) == nil)
    vm.subject.kvm.pointee.attributes.reset { _ in (true, false) }
    vm.perform(.fault, 3)
    #expect(vm.sept(3).state == .mapped, "it does not run yet: pages are added")
    #expect(vm.foundAtRest == nil)
  }
}
