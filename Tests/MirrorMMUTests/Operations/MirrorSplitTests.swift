/// A split of the mirror root under the read lock, and the faults that meet what it leaves.
import CAtomics
import Machine
import MirrorMMU
import SecureEPT
import Testing

@Suite struct MirrorSplitTests {
  @Test func `a private huge page is demoted under the read lock, and the region stays split`() throws {
    let vm = try Vm(.hugeShared)
    vm.perform(.fault, 7)
    #expect(vm.perform(.splitMirror, 0..<512).outcome == .done)
    #expect(vm.mirrorLevel(7) == 1 && vm.mirrorLevel(511) == 1)
    #expect(vm.sept(0) == (.pending, 0, 1) && vm.sept(511) == (.pending, 511, 1))
    #expect(vm.pages(1) == 512 && vm.pages(2) == 0)
    #expect(vm.foundAtRest == nil)
    vm.perform(.zap, 0..<512)
    vm.perform(.fault, 7)
    #expect(vm.mirrorLevel(7) == 1)
    #expect(vm.foundAtRest == nil)
    vm.tearDown()
    #expect(vm.liveTables == 0 && vm.violation == nil)
  }

  @Test func `the glue for the write lock does not stand it`() throws {
    let vm = try Vm(.huge)
    vm.perform(.fault, 7)
    vm.perform(.splitMirror, 0..<512)
    #expect(vm.violation?.checker == .lck1)
  }

  @Test(arguments: Policy.allCases) func `with nothing huge it does nothing`(policy: Policy) throws {
    let vm = try Vm(policy, kinds: { _ in (true, false) })
    vm.perform(.fault, 7)
    let live = vm.liveTables
    #expect(vm.perform(.splitMirror, 0..<1024).outcome == .nothing)
    #expect(vm.liveTables == live && vm.foundAtRest == nil)
  }

  @Test func `an injected BUSY does not keep it from splitting`() throws {
    let vm = try Vm(.hugeShared)
    vm.perform(.fault, 7)
    vm.task.pointee.busyThreshold = .max
    #expect(vm.perform(.splitMirror, 0..<512).outcome == .done)
    #expect(vm.mirrorLevel(7) == 1 && vm.foundAtRest == nil)
  }

  @Test func `a fault that may map 2M steps down where a table stands`() throws {
    let vm = try Vm(.hugeShared)
    vm.perform(.fault, 7)
    vm.perform(.splitMirror, 0..<512)
    // As a fault sees it that decided before the split.
    vm.subject.kvm.pointee.attributes.reset { _ in (true, true) }
    let effect = vm.perform(.fault, 7)
    #expect(effect.outcome == .spurious && effect.mapped?.huge == false)
    #expect(vm.mirrorLevel(7) == 1 && vm.foundAtRest == nil)
  }

  @Test(arguments: [Policy.huge, .hugeShared])
  func `a fault that may map 4K alone splits a huge page with the shared glue, and is a bug without`(
    policy: Policy
  ) throws {
    let vm = try Vm(policy)
    vm.perform(.fault, 7)
    vm.subject.kvm.pointee.attributes.reset { _ in (true, false) }
    vm.perform(.fault, 7)
    #expect(vm.violation?.checker == (policy == .huge ? .bug1 : nil))
    if policy == .hugeShared { #expect(vm.mirrorLevel(7) == 1 && vm.foundAtRest == nil) }
  }
}
