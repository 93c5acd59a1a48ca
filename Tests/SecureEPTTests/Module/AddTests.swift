/// SEPT.ADD, PAGE.ADD, PAGE.AUG: what enters the S-EPT, and what is refused.
import Machine
import SecureEPT
import Testing

@Suite struct AddTests {
  enum Add: CaseIterable, Sendable {
    case table, initialPage, page

    /// The state that the entry gets.
    var state: SeptEntry.State {
      switch self {
      case .table: .nonLeaf
      case .initialPage: .mapped
      case .page: .pending
      }
    }

    var call: Seamcall {
      switch self {
      case .table: .septAdd
      case .initialPage: .pageAdd
      case .page: .pageAug
      }
    }

    func make(_ domain: Domain, _ gfn: Gfn, _ level: Int, by id: Int = 0) -> TdxStatus {
      let task = domain.task(id)
      return switch self {
      case .table: domain.td.tdhMemSeptAdd(task, gfn, level, page: 77)
      case .initialPage: domain.td.tdhMemPageAdd(task, gfn, level, pfn: PageArena.pfn(77))
      case .page: domain.td.tdhMemPageAug(task, gfn, level, pfn: PageArena.pfn(77))
      }
    }
  }

  @Test(arguments: Add.allCases)
  func `a free entry under present parents takes what is added`(add: Add) throws {
    let domain = try Domain()
    defer { domain.destroy() }
    let gfn: Gfn = 5 << 18 | 7 << 9
    domain.link(gfn, downTo: 2)
    domain.task(0).drain()
    #expect(add.make(domain, gfn, 2) == .success)
    #expect(domain.entry(gfn, 2)?.pointee == SeptEntry.make(add.state, pfn: PageArena.pfn(77)))
    #expect(domain.calls() == [.init(add.call, .success)])
  }

  @Test(arguments: Add.allCases)
  func `nothing is added where a parent is missing`(add: Add) throws {
    let domain = try Domain()
    defer { domain.destroy() }
    #expect(add.make(domain, 0, 3) == .walkFailed)
    domain.link(0, downTo: 2)
    #expect(add.make(domain, 0, 1) == .walkFailed)
    // Its neighbour's tables are not its own.
    #expect(add.make(domain, 1 << 18, 2) == .walkFailed)
    #expect(domain.state(0, 2) == .free)
  }

  @Test(arguments: Add.allCases)
  func `nothing is added below a leaf`(add: Add) throws {
    let domain = try Domain(.huge)
    defer { domain.destroy() }
    for state in [SeptEntry.State.mapped, .pending, .blocked, .pendingBlocked] {
      try domain.put(state, 512, 2)
      #expect(add.make(domain, 512, 1) == .walkFailed)
    }
  }

  @Test(arguments: Add.allCases)
  func `an entry that is not free takes nothing and stays as it was`(add: Add) throws {
    let domain = try Domain()
    defer { domain.destroy() }
    for state in [SeptEntry.State.nonLeaf, .nonLeafBlocked, .mapped, .pending, .blocked, .pendingBlocked] {
      let entry = try domain.put(state, 3)
      #expect(add.make(domain, 3, 1) == .entryStateIncorrect)
      #expect(entry.pointee == SeptEntry.make(state, pfn: 0x1000))
    }
  }
}
