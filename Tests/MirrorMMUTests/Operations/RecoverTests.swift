/// Huge-page recovery and NX recovery, which give tables up in two ways.
import Machine
import MirrorMMU
import SecureEPT
import Testing

@Suite struct RecoverTests {
  @Test func `a table of shared memory becomes one huge page`() throws {
    let vm = try Vm()
    for gfn: Gfn in [600, 601] { vm.perform(.fault, gfn) }
    let table = vm.direct(600).page
    let effect = vm.perform(.recover, 512..<1024)
    #expect(effect.outcome == .done)
    #expect(effect.merged == 512..<1024)
    #expect(vm.directLevel(512) == 2 && vm.direct(512).pfn & 511 == 0)
    #expect(vm.pages(1) == 0 && vm.pages(2) == 1)
    #expect(vm.header(table).state == .deferred)
    #expect(vm.foundAtRest == nil)
  }

  @Test func `a split that is recovered is what it was`() throws {
    let vm = try Vm()
    vm.perform(.fault2M, 600)
    let before = vm.direct(600).spte
    vm.perform(.split, 512..<1024)
    vm.perform(.recover, 512..<1024)
    #expect(vm.direct(600).spte == before)
  }

  @Test func `an empty table, a mixed region and the mirror are left as they are`() throws {
    let vm = try Vm(.huge, kinds: { ($0 & 1 == 0, false) })
    vm.perform(.fault, 600)
    vm.perform(.unmap, 600)
    vm.perform(.fault, 3)
    vm.perform(.convert, 1600)
    vm.perform(.fault, 1601)
    #expect(vm.perform(.recover, 0..<4 * 512).outcome == .nothing)
    #expect(vm.directLevel(600) == nil && vm.direct(600).level == 1)
    #expect(vm.mirrorLevel(3) == 1)
    #expect(vm.directLevel(1601) == 1)
  }

  @Test func `an executable 4K page where a huge one could stand is tracked`() throws {
    let vm = try Vm()
    vm.execute(600)
    let table = vm.direct(600).page
    #expect(vm.directLevel(600) == 1)
    #expect(vm.header(table).isTracked && vm.isNxHugePageDisallowed(table))
  }

  @Test func `no private page and no page of a mixed region is tracked`() throws {
    let vm = try Vm(kinds: { ($0 & 1 == 0, false) })
    vm.perform(.convert, 600)
    vm.execute(700)
    vm.execute(3)
    let (mixed, own) = (vm.direct(700).page, vm.mirror(3).page)
    #expect(!vm.header(mixed).isTracked && !vm.header(own).isTracked)
    // What executes is not replaced by a huge page once the region is uniform again.
    #expect(vm.isNxHugePageDisallowed(mixed) && !vm.isNxHugePageDisallowed(own))
    #expect(vm.perform(.nxRecover, 0, draw: 3).outcome == .nothing)
  }

  @Test func `NX recovery zaps the tables that have waited longest, as many as it was asked for`() throws {
    let vm = try Vm(kinds: { _ in (false, true) })
    let gfns: [Gfn] = [3 * 512, 512, 2 * 512]
    for gfn in gfns { vm.execute(gfn) }
    let tables = gfns.map { vm.direct($0).page }
    #expect(vm.perform(.nxRecover, 0, draw: 1).outcome == .done)
    #expect(vm.directLevel(gfns[0]) == nil && vm.directLevel(gfns[1]) == nil && vm.directLevel(gfns[2]) == 1)
    #expect(tables.map { vm.header($0).state } == [.deferred, .deferred, .linked])
    #expect(vm.pages(1) == 1)
    #expect(vm.perform(.nxRecover, 0, draw: 3).outcome == .done)
    #expect(vm.directLevel(gfns[2]) == nil)
    #expect(vm.perform(.nxRecover, 0, draw: 3).outcome == .nothing)
    #expect(vm.foundAtRest == nil)
  }

  @Test func `a tracked table that went another way is not on the list any more`() throws {
    let vm = try Vm()
    vm.execute(600)
    vm.perform(.recover, 512..<1024)
    #expect(vm.perform(.nxRecover, 0, draw: 3).outcome == .nothing)
    #expect(vm.directLevel(600) == 2)
    #expect(vm.foundAtRest == nil)
  }
}
