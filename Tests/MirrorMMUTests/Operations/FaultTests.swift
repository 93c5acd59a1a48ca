/// Page faults on both roots and under both policies: which SPTEs and S-EPT entries they leave.
import Machine
import MirrorMMU
import SecureEPT
import Testing

@Suite struct FaultTests {
  @Test(arguments: Policy.allCases)
  func `a private 4K fault maps its gfn in the mirror and in the S-EPT`(policy: Policy) throws {
    let vm = try Vm(policy, kinds: { _ in (true, false) })
    #expect(vm.perform(.fault, 700).outcome == .done)
    let found = vm.mirror(700)
    #expect(found.isLeaf && found.level == 1 && found.pfn == 700)
    #expect(vm.sept(700) == (.pending, 700, 1))
    #expect(!vm.mirror(701).isLeaf)
    #expect(vm.sept(701).state == .free)
    #expect(vm.pages(1) == 1)
    #expect(vm.tables == 3)
    #expect(vm.foundAtRest == nil)
  }

  @Test func `each table of the mirror has its S-EPT table beside it, at its level and gfn`() throws {
    let vm = try Vm(kinds: { _ in (true, false) })
    let gfn: Gfn = (1 << 18) + 700
    vm.perform(.fault, gfn)
    var page = vm.mirrorRoot
    for level in stride(from: 4, to: 1, by: -1) {
      let entry = vm.machine.pointee.arena.table(page) + Spte.index(gfn, level)
      page = PageArena.page(pfn: Spte.pfn(entry.pointee))
      let header = vm.header(page)
      #expect(header.kind == .mirror && header.state == .linked)
      #expect(Int(header.level) == level - 1)
      #expect(header.gfn == Spte.round(gfn, level))
      #expect(header.parent == entry)
      let external = vm.header(header.externalPage)
      #expect(external.kind == .external && external.level == header.level && external.gfn == header.gfn)
    }
  }

  @Test func `before the TD runs a page is added, afterwards it is pending until the guest accepts it`() throws {
    let vm = try Vm(finalized: false)
    vm.perform(.fault, 5)
    #expect(vm.sept(5).state == .mapped)
    vm.subject.finalize()
    vm.perform(.fault, 6)
    #expect(vm.sept(6).state == .pending)
    // The first pages are mapped for nobody's access.
    #expect(vm.mirror(5).spte & Spte.accessed == 0 && vm.mirror(6).spte & Spte.accessed != 0)
    #expect(vm.foundAtRest == nil)
  }

  @Test func `a shared 4K fault makes the direct root and maps there alone`() throws {
    let vm = try Vm()
    #expect(vm.directRoot == 0)
    #expect(vm.perform(.fault, 512).outcome == .retried)
    #expect(vm.perform(.fault, 513).outcome == .done)
    #expect(vm.directLevel(512) == 1 && vm.directLevel(513) == 1 && vm.directLevel(514) == nil)
    #expect(vm.mirrorLevel(512) == nil)
    #expect(vm.direct(513).pfn == vm.direct(512).pfn + 1)
    // Shared memory has other host pages than private memory.
    #expect(vm.direct(512).pfn != 512)
    #expect(vm.sept(512).state == .free)
    #expect(vm.foundAtRest == nil)
  }

  @Test func `a fault that finds its page mapped is spurious and changes nothing`() throws {
    let vm = try Vm()
    for gfn: Gfn in [3, 515] {
      vm.perform(.fault, gfn)
      let before = (vm.pages(1), vm.tables, vm.liveTables)
      let effect = vm.perform(.fault, gfn)
      #expect(effect.outcome == .spurious)
      #expect(effect.mapped?.gfn == gfn)
      #expect((vm.pages(1), vm.tables, vm.liveTables) == before)
    }
  }

  @Test func `the effect promises what was mapped`() throws {
    let vm = try Vm(.huge)
    let small = vm.perform(.fault, 513)
    #expect(small.mapped?.isPrivate == false && small.mapped?.huge == false)
    let huge = vm.perform(.fault2M, 513)
    #expect(huge.mapped?.isPrivate == false && huge.mapped?.huge == true)
    let hugePrivate = vm.perform(.fault, 1027)
    #expect(hugePrivate.mapped?.isPrivate == true && hugePrivate.mapped?.huge == true)
    #expect(hugePrivate.unmapped == nil && hugePrivate.merged == nil)
  }

  @Test func `a shared 2M fault maps its whole region by one leaf`() throws {
    let vm = try Vm()
    vm.perform(.fault2M, 700)
    let found = vm.direct(512)
    #expect(found.isLeaf && found.level == 2 && found.pfn & 511 == 0)
    #expect(vm.direct(1023).entry == found.entry)
    #expect(vm.pages(2) == 1 && vm.pages(1) == 0)
    #expect(vm.foundAtRest == nil)
  }

  @Test func `a 2M fault in a mixed region maps 4K`() throws {
    let vm = try Vm()
    vm.perform(.convert, 600)
    vm.perform(.fault2M, 700)
    #expect(vm.directLevel(700) == 1)
    #expect(vm.mirrorLevel(600) == 1)
  }

  @Test func `policy 4k maps private memory by 4K pages alone`() throws {
    let vm = try Vm(.fourK)
    vm.perform(.fault2M, 3)
    #expect(vm.mirrorLevel(3) == 1)
    #expect(vm.mirrorLevel(4) == nil)
  }

  @Test func `policy huge maps a private region by one page where that is allowed`() throws {
    let vm = try Vm(.huge, kinds: { ($0 & 1 == 0, $0 != 2) })
    vm.perform(.fault, 3)
    #expect(vm.mirrorLevel(0) == 2)
    #expect(vm.mirror(0).pfn == 0)
    #expect(vm.sept(511) == (.pending, 0, 2))
    vm.perform(.fault2M, 1027)
    #expect(vm.mirrorLevel(1027) == 1)
    #expect(vm.foundAtRest == nil)
  }

  @Test func `a shared 2M fault replaces a table, whose pages and memory go`() throws {
    let vm = try Vm()
    for gfn: Gfn in [512, 600, 1023] { vm.perform(.fault, gfn) }
    let table = vm.direct(600).page
    let tables = vm.tables
    vm.perform(.fault2M, 600)
    #expect(vm.directLevel(512) == 2)
    #expect(vm.tables == tables - 1)
    #expect(vm.pages(1) == 0 && vm.pages(2) == 1)
    #expect(vm.header(table).state == .deferred)
    vm.task.rcuPoll(force: true)
    #expect(vm.header(table).state == .free)
    #expect(vm.foundAtRest == nil)
  }

  @Test func `a shared 2M fault spares a table that the NX mitigation made`() throws {
    let vm = try Vm()
    vm.execute(600)
    let table = vm.direct(600).page
    vm.perform(.fault2M, 700)
    #expect(vm.directLevel(700) == 1 && vm.direct(600).page == table && vm.pages(2) == 0)
    #expect(vm.foundAtRest == nil)
  }

  @Test func `an instruction fetch needs no write access`() throws {
    let vm = try Vm()
    vm.perform(.fault, 600)
    vm.perform(.wrprot, 600)
    let before = vm.direct(600).spte
    #expect(vm.execute(600).outcome == .spurious)
    #expect(vm.direct(600).spte == before && !Spte.isWritable(before))
  }

  @Test func `a shared 4K fault splits the huge page that it meets`() throws {
    let vm = try Vm()
    vm.perform(.fault2M, 600)
    vm.perform(.fault, 601)
    #expect(vm.directLevel(601) == 1 && vm.directLevel(1023) == 1)
    #expect(vm.pages(1) == 512 && vm.pages(2) == 0)
    #expect(vm.foundAtRest == nil)
  }
}
