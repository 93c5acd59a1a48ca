/// Conversion between private and shared memory, with aligned and unaligned ends, in both directions and policies.
import Machine
import MirrorMMU
import SecureEPT
import Testing

@Suite struct ConvertTests {
  @Test(arguments: Policy.allCases)
  func `to shared: the private pages of the range go, the first gfn is mapped shared`(policy: Policy) throws {
    let vm = try Vm(policy, kinds: { _ in (true, false) })
    for gfn: Gfn in 598..<604 { vm.perform(.fault, gfn) }
    let effect = vm.perform(.convert, 600..<602)
    #expect(effect.unmapped?.range == 600..<602 && effect.unmapped?.isPrivate == true)
    #expect(effect.mapped?.gfn == 600 && effect.mapped?.isPrivate == false)
    #expect([599, 600, 601, 602].map { vm.isPrivate($0) } == [true, false, false, true])
    #expect([599, 600, 601, 602].map { vm.mirrorLevel($0) } == [1, nil, nil, 1])
    #expect([599, 600, 601].map { vm.directLevel($0) } == [nil, 1, nil])
    #expect(vm.sept(600).state == .free && vm.sept(602).state == .pending)
    #expect(vm.foundAtRest == nil)
  }

  @Test(arguments: Policy.allCases)
  func `to private: the shared pages of the range go, the first gfn is mapped private`(policy: Policy) throws {
    let vm = try Vm(policy, kinds: { _ in (false, true) })
    for gfn: Gfn in 598..<604 { vm.perform(.fault, gfn) }
    let effect = vm.perform(.convert, 600..<602)
    #expect(effect.unmapped?.range == 600..<602 && effect.unmapped?.isPrivate == false)
    #expect(effect.mapped?.isPrivate == true)
    #expect([599, 600, 601, 602].map { vm.isPrivate($0) } == [false, true, true, false])
    #expect([599, 600, 601, 602].map { vm.directLevel($0) } == [1, nil, nil, 1])
    #expect([599, 600, 601].map { vm.mirrorLevel($0) } == [nil, 1, nil])
    #expect(vm.foundAtRest == nil)
  }

  /// Tasks that wait for mmu_lock go on without it once a run is halted: two of them count as one.
  @Test func `what a halted run leaves of an invalidation does not trap`() throws {
    let world = try World()
    world.build()
    let invalidation = world.subject.kvm.pointee.invalidation
    invalidation.begin(0..<512)
    for _ in 0..<2 { invalidation.finish(world.task(0)) }
    #expect(invalidation.isInvalidating(8))
  }

  @Test func `policy huge: both unaligned ends are split, the pages outside of the range stay mapped`() throws {
    let vm = try Vm(.huge, kinds: { _ in (true, true) })
    for region: Gfn in 0..<4 { vm.perform(.fault, region * 512) }
    #expect(vm.pages(2) == 4)
    vm.perform(.convert, 512 - 3..<2 * 512 + 5)
    #expect([508, 509, 511].map { vm.mirrorLevel($0) } == [1, nil, nil])
    #expect([512, 700, 1023].map { vm.mirrorLevel($0) } == [nil, nil, nil])
    #expect([1028, 1029, 1535].map { vm.mirrorLevel($0) } == [nil, 1, 1])
    #expect(vm.mirrorLevel(3 * 512) == 2)
    #expect(vm.sept(508) == (.pending, 508, 1) && vm.sept(1029) == (.pending, 1029, 1))
    #expect(vm.pages(2) == 1)
    #expect(vm.foundAtRest == nil)
  }

  @Test func `policy huge: a region that the range covers goes as one page`() throws {
    let vm = try Vm(.huge, kinds: { _ in (true, true) })
    vm.perform(.fault, 600)
    let tables = vm.tables
    vm.perform(.convert, 512..<1024)
    #expect(vm.mirrorLevel(600) == nil)
    #expect(vm.mirror(600).level == 2, "it was not split on the way")
    #expect(vm.pages(2) == 0)
    // The direct tree's own three tables.
    #expect(vm.tables == tables + 3)
    vm.perform(.convert, 512..<1024)
    #expect(vm.mirrorLevel(600) == 2, "private as a whole again, it may be one page again")
    #expect(vm.foundAtRest == nil)
  }

  @Test func `policy huge: a region that was mixed is mapped by 4K pages from then on`() throws {
    let vm = try Vm(.huge, kinds: { _ in (true, true) })
    vm.perform(.convert, 600..<601)
    vm.perform(.convert, 600..<601)
    #expect((512..<1024).allSatisfy { vm.isPrivate($0) })
    vm.perform(.fault2M, 700)
    #expect(vm.mirrorLevel(700) == 1)
    #expect(vm.foundAtRest == nil)
  }

  @Test func `a shared huge page goes as a whole when a part of it becomes private`() throws {
    let vm = try Vm(kinds: { _ in (false, true) })
    vm.perform(.fault2M, 600)
    vm.perform(.convert, 600..<601)
    #expect(vm.directLevel(601) == nil)
    vm.perform(.fault2M, 601)
    #expect(vm.directLevel(601) == 1, "a mixed region is not mapped by one page")
    #expect(vm.foundAtRest == nil)
  }

  @Test func `there and back again leaves nothing of the other kind`() throws {
    let vm = try Vm()
    vm.perform(.fault, 3)
    vm.perform(.convert, 0..<512)
    vm.perform(.convert, 0..<512)
    #expect(vm.directLevel(0) == nil && vm.mirrorLevel(0) == 1 && vm.mirrorLevel(3) == nil)
    #expect(vm.foundAtRest == nil)
  }
}
