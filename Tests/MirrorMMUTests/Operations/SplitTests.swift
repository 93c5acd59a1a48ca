/// Splits: 512 children that map what the huge page mapped.
import CAtomics
import Machine
import MirrorMMU
import SecureEPT
import Testing

@Suite struct SplitTests {
  /// All 512 children of the region at `start`, below `root`, compared with the huge page that they replace.
  private func expectChildren(_ vm: Vm, _ root: UInt32, _ start: Gfn, of huge: UInt64) {
    let table = vm.walk(root, start).entry
    for index in 0..<512 {
      let small = raw_load64(table + index)
      #expect(small & ~Spte.baseAddress == huge & ~Spte.baseAddress & ~Spte.pageSize)
      #expect(Spte.pfn(small) == Spte.pfn(huge) + UInt64(index))
    }
  }

  @Test(arguments: [Operation.split, .splitExclusive])
  func `a shared huge page becomes 512 children with its flags`(operation: Operation) throws {
    let vm = try Vm()
    vm.perform(.fault2M, 600)
    vm.perform(.age, 600)
    let huge = vm.direct(600).spte
    #expect(vm.perform(operation, 512..<1024).outcome == .done)
    #expect(vm.directLevel(600) == 1)
    expectChildren(vm, vm.directRoot, 512, of: huge)
    #expect(vm.pages(1) == 512 && vm.pages(2) == 0 && vm.tables == 3)
    #expect(vm.foundAtRest == nil)
  }

  @Test func `a private huge page is demoted, and the region stays split`() throws {
    let vm = try Vm(.huge)
    vm.perform(.fault, 7)
    let huge = vm.mirror(7).spte
    vm.perform(.splitExclusive, 0..<512)
    expectChildren(vm, vm.mirrorRoot, 0, of: huge)
    #expect(vm.sept(0) == (.pending, 0, 1) && vm.sept(511) == (.pending, 511, 1))
    #expect(vm.pages(1) == 512 && vm.pages(2) == 0)
    #expect(vm.foundAtRest == nil)
    vm.perform(.zap, 0..<512)
    vm.perform(.fault2M, 7)
    #expect(vm.mirrorLevel(7) == 1)
    #expect(vm.foundAtRest == nil)
  }

  @Test func `a split under the shared lock leaves the mirror alone`() throws {
    let vm = try Vm(.huge)
    vm.perform(.fault, 7)
    #expect(vm.perform(.split, 0..<512).outcome == .nothing)
    #expect(vm.mirrorLevel(7) == 2)
  }

  @Test func `a split with nothing huge in its range changes nothing and keeps no table`() throws {
    let vm = try Vm()
    vm.perform(.fault, 600)
    vm.perform(.fault2M, 1600)
    let live = vm.liveTables
    #expect(vm.perform(.split, 512..<1024).outcome == .nothing)
    #expect(vm.liveTables == live)
    #expect(vm.directLevel(1600) == 2)
  }

  @Test func `a split of several huge pages takes as many tables`() throws {
    let vm = try Vm(kinds: { _ in (false, true) })
    for gfn in stride(from: Gfn(0), to: 4 * 512, by: 512) { vm.perform(.fault2M, gfn) }
    let live = vm.liveTables
    vm.perform(.split, 0..<4 * 512)
    #expect(vm.liveTables == live + 4)
    #expect(vm.pages(1) == 4 * 512 && vm.pages(2) == 0)
    #expect(vm.foundAtRest == nil)
  }
}
