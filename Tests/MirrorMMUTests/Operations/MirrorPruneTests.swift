/// A page table of the mirror root is removed under the read lock, with all that it maps.
import CAtomics
import Machine
import MirrorMMU
import SecureEPT
import Testing

@Suite struct MirrorPruneTests {
  private func vm(_ policy: Policy = .hugeShared) throws -> Vm { try Vm(policy, kinds: { _ in (true, false) }) }

  @Test func `a table goes with its pages, from mirror and S-EPT`() throws {
    let vm = try vm()
    for gfn: Gfn in [0, 7, 511, 512] { vm.perform(.fault, gfn) }
    #expect(vm.perform(.pruneMirror, 7).outcome == .done)
    #expect(vm.mirrorLevel(7) == nil && vm.mirrorLevel(0) == nil && vm.mirrorLevel(512) == 1)
    #expect(vm.mirror(7).level == 2 && vm.mirror(7).spte == Spte.nonpresent)
    #expect(vm.sept(7) == (.free, 0, 2))
    #expect(vm.pages(1) == 1 && vm.tables == 3)
    #expect(vm.foundAtRest == nil)
    vm.perform(.fault, 7)
    #expect(vm.mirrorLevel(7) == 1 && vm.foundAtRest == nil)
    vm.tearDown()
    #expect(vm.liveTables == 0 && vm.violation == nil)
  }

  @Test func `a mapping that was promised may go with its table`() throws {
    let vm = try vm()
    let mapped = try #require(vm.perform(.fault, 7).mapped)
    vm.suite.promised(
      vm.task, mapped: mapped.gfn, isPrivate: mapped.isPrivate, huge: mapped.huge, isNew: mapped.isNew)
    vm.perform(.pruneMirror, 7)
    #expect(vm.foundAtRest == nil)
  }

  @Test func `without a table it does nothing`() throws {
    let vm = try Vm(.hugeShared)
    #expect(vm.perform(.pruneMirror, 7).outcome == .nothing)
    vm.perform(.fault, 7)
    #expect(vm.mirrorLevel(7) == 2)
    #expect(vm.perform(.pruneMirror, 7).outcome == .nothing)
    #expect(vm.mirrorLevel(7) == 2 && vm.foundAtRest == nil)
  }

  @Test func `BUSY at every call does not stop it`() throws {
    let vm = try vm()
    vm.perform(.fault, 7)
    vm.task.pointee.busyThreshold = .max
    #expect(vm.perform(.pruneMirror, 7).outcome == .done)
    #expect(vm.foundAtRest == nil)
  }

  @Test(arguments: [Policy.fourK, .huge])
  func `elsewhere a leaf in it is LCK-1, an empty table a bug`(policy: Policy) throws {
    let vm = try vm(policy)
    vm.perform(.fault, 7)
    vm.perform(.pruneMirror, 7)
    #expect(vm.violation?.checker == .lck1)
    let empty = try self.vm(policy)
    empty.perform(.fault, 7)
    empty.perform(.zap, 7)
    empty.perform(.pruneMirror, 7)
    #expect(empty.violation?.checker == .bug1)
    #expect(empty.violation?.seen.contains("is_hkid_assigned") == true)
  }
}
