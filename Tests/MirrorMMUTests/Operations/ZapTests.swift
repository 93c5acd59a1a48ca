/// Zapping leaves: which go, which stay, and what that leaves of tables and S-EPT.
import Machine
import MirrorMMU
import SecureEPT
import Testing

@Suite struct ZapTests {
  @Test func `a zap of one private gfn takes that leaf alone and keeps the tables`() throws {
    let vm = try Vm()
    for gfn: Gfn in [3, 4, 5] { vm.perform(.fault, gfn) }
    let tables = vm.tables
    #expect(vm.perform(.zap, 4).outcome == .done)
    #expect(vm.mirrorLevel(3) == 1 && vm.mirrorLevel(4) == nil && vm.mirrorLevel(5) == 1)
    #expect(vm.mirror(4).spte == Spte.nonpresent)
    #expect(vm.sept(4) == (.free, 0, 1))
    #expect(vm.pages(1) == 2 && vm.tables == tables)
    #expect(vm.foundAtRest == nil)
  }

  @Test func `a zap of nothing is told as nothing`() throws {
    let vm = try Vm()
    let effect = vm.perform(.zap, 4)
    #expect(effect.outcome == .nothing)
    #expect(effect.unmapped?.range == 4..<5 && effect.unmapped?.isPrivate == true)
  }

  @Test func `a zap of a range takes what is in it, up to both ends and across tables`() throws {
    let vm = try Vm(kinds: { _ in (true, false) })
    let inside: [Gfn] = [510, 511, 512, 1 << 18, (1 << 18) + 512]
    let outside: [Gfn] = [509, (1 << 18) + 513]
    for gfn in inside + outside { vm.perform(.fault, gfn) }
    vm.perform(.zap, 510..<(1 << 18) + 513)
    for gfn in inside { #expect(vm.mirrorLevel(gfn) == nil) }
    for gfn in outside { #expect(vm.mirrorLevel(gfn) == 1) }
    #expect(vm.pages(1) == 2)
    #expect(vm.foundAtRest == nil)
  }

  @Test func `a zap inside a huge private page splits it first and takes its own gfns alone`() throws {
    let vm = try Vm(.huge)
    vm.perform(.fault, 7)
    #expect(vm.mirrorLevel(7) == 2)
    vm.perform(.zap, 100)
    #expect(vm.mirrorLevel(100) == nil && vm.mirrorLevel(99) == 1 && vm.mirrorLevel(101) == 1)
    #expect(vm.sept(100) == (.free, 0, 1) && vm.sept(99) == (.pending, 99, 1))
    #expect(vm.pages(2) == 0 && vm.pages(1) == 511)
    #expect(vm.foundAtRest == nil)
  }

  @Test func `a zap of whole regions takes huge private pages whole`() throws {
    let vm = try Vm(.huge)
    vm.perform(.fault, 7)
    vm.perform(.zap, 0..<512)
    #expect(vm.sept(7) == (.free, 0, 2))
    #expect(vm.pages(2) == 0 && vm.pages(1) == 0)
    vm.perform(.fault, 7)
    #expect(vm.mirrorLevel(7) == 2, "nothing was split, so that one page may map it again")
    #expect(vm.foundAtRest == nil)
  }

  @Test func `a zap leaves the direct root alone, an unmap the mirror`() throws {
    let vm = try Vm()
    vm.perform(.fault, 3)
    vm.perform(.fault, 515)
    vm.perform(.zap, 0..<1024)
    #expect(vm.mirrorLevel(3) == nil && vm.directLevel(515) == 1)
    vm.perform(.fault, 3)
    let effect = vm.perform(.unmap, 0..<1024)
    #expect(vm.mirrorLevel(3) == 1 && vm.directLevel(515) == nil)
    #expect(effect.unmapped?.isPrivate == false)
    #expect(vm.foundAtRest == nil)
  }

  @Test(arguments: [UInt64(0), 1])
  func `an unmap takes small and huge pages, whether it may block or not`(draw: UInt64) throws {
    let vm = try Vm()
    vm.perform(.fault2M, 600)
    vm.perform(.fault, 1536)
    #expect(vm.perform(.unmap, 700..<1537, draw: draw).outcome == .done)
    #expect(vm.directLevel(600) == nil && vm.directLevel(1536) == nil)
    #expect(vm.pages(1) == 0 && vm.pages(2) == 0)
  }

  @Test func `an unmap before there is a direct root finds nothing`() throws {
    let vm = try Vm()
    #expect(vm.perform(.unmap, 0..<1024).outcome == .nothing)
  }

  @Test func `a zap that yields zaps all the same and says so`() throws {
    let vm = try Vm(kinds: { _ in (true, false) })
    for gfn in stride(from: Gfn(0), to: 20 * 512, by: 7) { vm.perform(.fault, gfn) }
    vm.task.pointee.mayResched = true
    let effect = vm.perform(.zap, 0..<20 * 512)
    #expect(effect.outcome == .yielded)
    #expect(vm.pages(1) == 0)
    #expect(vm.task.pointee.firstWriteEpoch < vm.task.pointee.lastWriteEpoch)
    #expect(vm.foundAtRest == nil)
  }

  @Test func `a zap tells the module to block, track and remove, in that order`() throws {
    let vm = try Vm()
    vm.perform(.fault, 3)
    let first = vm.task.pointee.head
    vm.perform(.zap, 3)
    let calls = (first..<vm.task.pointee.head).map { vm.task.pointee.events[$0 & (Task.eventCapacity - 1)] }
      .filter { $0.kind == .seamcall }.map(\.seamcall)
    #expect(calls == [.rangeBlock, .track, .pageRemove])
  }
}
