/// PHYMEM.PAMT.ADD and REMOVE: a region's metadata pages, and the 4K pages that need them.
import Machine
import SecureEPT
import Testing

@Suite struct DynamicPamtTests {
  private func with(_ body: (DynamicPamt, TaskPointer) throws -> Void) throws {
    let domain = try Domain()
    let pamt = DynamicPamt(guestPages: 1024)
    defer {
      pamt.deallocate()
      domain.destroy()
    }
    try body(pamt, domain.task(0))
  }

  @Test func `a tree that lends no metadata is not asked for any`() throws {
    try with { pamt, _ in
      #expect(pamt.take(0) && pamt.take(512))
      pamt.give(0)
      pamt.give(0)
    }
  }

  @Test func `a region has one pair, and from the first one on each 4K page needs its region's`() throws {
    try with { pamt, task in
      #expect(pamt.add(task, 5) == .success)
      #expect(pamt.add(task, 511) == .rangeNotFree)
      #expect(pamt.take(0))
      #expect(!pamt.take(512))
    }
  }

  @Test func `a pair comes back once no 4K page of its region is mapped, and not twice`() throws {
    try with { pamt, task in
      #expect(pamt.add(task, 0) == .success)
      #expect(pamt.take(3))
      #expect(pamt.remove(task, 0) == .metadataIncorrect)
      pamt.give(3)
      #expect(pamt.remove(task, 0) == .success)
      #expect(pamt.remove(task, 0) == .metadataIncorrect)
    }
  }

  @Test func `a split brings a pair along for 512 pages`() throws {
    try with { pamt, task in
      #expect(pamt.add(task, 512) == .success)
      pamt.demoted(0)
      for gfn in 0..<511 { pamt.give(Gfn(gfn)) }
      #expect(pamt.remove(task, 0) == .metadataIncorrect)
      pamt.give(511)
      #expect(pamt.remove(task, 0) == .success)
    }
  }

  @Test func `memory that is not the guest's is not accounted for, and a reset forgets all`() throws {
    try with { pamt, task in
      #expect(pamt.add(task, 1 << 30) == .success && pamt.add(task, 1 << 30) == .success)
      #expect(!pamt.take(0))
      pamt.reset()
      #expect(pamt.take(0))
    }
  }
}
