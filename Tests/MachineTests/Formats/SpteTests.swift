/// The SPTE's bits, and what the kernel's predicates make of them.
import Machine
import Testing

@Suite struct SpteTests {
  @Test func `empty, frozen and poisoned entries are not present and not each other`() {
    let values = [Spte.nonpresent, Spte.frozen, Spte.poison]
    #expect(values.allSatisfy { !Spte.isShadowPresent($0) })
    #expect(Set(values).count == 3)
    #expect(values.filter(Spte.isFrozen) == [Spte.frozen])
    #expect(Spte.nonpresent == 0x8000_0000_0000_0000)
    #expect(Spte.frozen == 0x8000_0000_0000_01a0)
  }

  @Test(arguments: [
    (level: 1, large: false, leaf: true), (1, true, true), (2, true, true), (3, true, true), (2, false, false),
    (4, false, false),
  ])
  func `a present entry is a leaf at level 1 or with bit 7`(level: Int, large: Bool, leaf: Bool) {
    let spte = Spte.mmuPresent | (large ? Spte.pageSize : 0)
    #expect(Spte.isLeaf(spte, level) == leaf)
    #expect(Spte.isNonLeaf(spte, level) == !leaf)
    #expect(!Spte.isLeaf(spte & ~Spte.mmuPresent, level))
    #expect(!Spte.isNonLeaf(spte & ~Spte.mmuPresent, level))
  }

  @Test func `the pfn stands in bits 12 to 51`() {
    #expect(Spte.pfn(0x123_4567 << 12 | 0xfff | 0xfff << 52) == 0x123_4567)
    #expect(Spte.pfn(.max) == (1 << 40) - 1)
  }

  @Test func `each level takes nine bits of the gfn`() {
    let gfn: Gfn = 4 << 27 | 3 << 18 | 2 << 9 | 1
    #expect((1...4).map { Spte.index(gfn, $0) } == [1, 2, 3, 4])
    #expect((1...4).map { Spte.pages($0) } == [1, 512, 1 << 18, 1 << 27])
    #expect(Spte.round(gfn, 1) == gfn)
    #expect(Spte.round(gfn, 3) == 4 << 27 | 3 << 18)
    #expect(Spte.index(.max, 4) == 511)
  }

  @Test func `an entry whose bits change outside mmu_lock needs an atomic update`() {
    // Write-protected, but a fast page fault may make it writable.
    #expect(Spte.needsAtomicUpdate(Spte.mmuWritable))
    // The processor may set D.
    #expect(Spte.needsAtomicUpdate(Spte.writable))
    #expect(Spte.needsAtomicUpdate(Spte.writable | Spte.mmuWritable))
    #expect(!Spte.needsAtomicUpdate(Spte.writable | Spte.dirty))
    #expect(!Spte.needsAtomicUpdate(Spte.readable | Spte.accessed))
  }
}
