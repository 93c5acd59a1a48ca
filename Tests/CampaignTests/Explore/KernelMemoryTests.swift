/// What a kernel's code may touch, what its lists and counts must hold, and which flushes it owes: each rule is broken
/// by one line of the tree's.
import Campaign
import KernelMMU
import Machine
import Testing

@Suite(.enabled(if: KernelTrees.newest != nil, KernelTrees.why)) struct KernelMemoryTests {
  private func run(_ edits: [(String, String)], _ scenario: ScenarioName? = nil) throws -> RunRecord {
    var configuration = ExploreConfiguration(scenario: scenario, length: .schedules(20_000), seed: 7, jobs: 2)
    configuration.kernel = try KernelTrees.broken(edits)
    return Explorations.run(configuration)
  }

  @discardableResult
  private func expect(
    _ checker: String, in scenario: ScenarioName? = nil, _ edits: (String, String)...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> RunRecord.Violation {
    let record = try run(edits, scenario)
    #expect(record.harnessFaults == [], sourceLocation: sourceLocation)
    let violation = try #require(record.violations.first, sourceLocation: sourceLocation)
    #expect(violation.checker == checker, "\(violation.seen)", sourceLocation: sourceLocation)
    if violation.moment != .setUp {
      let reproduction = try #require(violation.reproduction, sourceLocation: sourceLocation)
      #expect(reproduction.verified == 3, sourceLocation: sourceLocation)
    }
    return violation
  }

  // MARK: MEM-1

  private static let freed = "\tkmem_cache_free(mmu_page_header_cache, sp);\n}"

  @Test func `a read of a freed object is found where it is made, with who freed it`() throws {
    let read = "\tkmem_cache_free(mmu_page_header_cache, sp);\n\tif (sp->gfn == ~0ull)\n\t\tcpu_relax();\n}"
    let seen = try expect("MEM-1", (Self.freed, read)).seen
    #expect(seen.hasPrefix("read of 8 bytes at arch/x86/kvm/mmu/tdp_mmu.c:60, __tdp_mmu_free_sp(): offset "))
    #expect(seen.contains("(sp->gfn) of struct kvm_mmu_page #"))
    #expect(seen.contains(", freed by thread ") && seen.hasSuffix("tdp_mmu.c:59, __tdp_mmu_free_sp()"))
  }

  @Test func `a freed page table is no memory of the kernel's`() throws {
    let read = "\tfree_page((unsigned long)sp->spt);\n\tif (*(volatile u64 *)sp->spt == 1)\n\t\tcpu_relax();\n"
    let seen = try expect("MEM-1", ("\tfree_page((unsigned long)sp->spt);\n", read)).seen
    #expect(seen.contains(": entry 0 of page #") && seen.contains("freed by thread "))
  }

  private static let made = "\tset_page_private(virt_to_page(sp->spt), (unsigned long)sp);\n"

  @Test(arguments: [
    ("((char *)sp)[sizeof(*sp)] = 1;", "write of 1 bytes", ", which has "),
    ("*(volatile u64 *)((char *)sp + 512 * 1500) = 1;", "write of 8 bytes", ", never allocated"),
    ("*(volatile u32 *)((char *)sp->spt + PAGE_SIZE * 1500) = 1;", "write of 4 bytes", ", not allocated"),
    ("memset((char *)sp + sizeof(*sp) - 8, 0, 16);", "write of 16 bytes", ", which has "),
  ])
  func `nor is what lies beyond an object, or was never one`(
    statement: String, access: String, what: String
  ) throws {
    let seen = try expect("MEM-1", (Self.made, Self.made + "\t\(statement)\n")).seen
    #expect(seen.hasPrefix(access) && seen.contains(what), "\(seen)")
  }

  @Test func `nor is a page that the TDX module has`() throws {
    let tracked = "\t\tif (fault->huge_page_disallowed &&\n\t\t    fault->req_level"
    let read = "\t\tif (is_mirror_sp(sp) && *(volatile u64 *)sp->external_spt == 7)\n\t\t\tcpu_relax();\n"
    #expect(try expect("MEM-1", (tracked, read + tracked)).seen.contains("which is the TDX module's"))
  }

  @Test func `nor is a slot once faults may not use it any more`() throws {
    let map = "\tKVM_MMU_WARN_ON(!root || root->role.invalid);\n"
    // The other of the two, while the first is in use.
    let read = "\tif ((fault->slot + 1)->npages == 1)\n\t\treturn ret;\n"
    let seen = try expect("MEM-1", (map, map + read)).seen
    #expect(seen.contains("a struct kvm_memory_slot that no fault may use any more"), "\(seen)")
  }

  @Test func `what was not asked for zeroed is written before it is read`() throws {
    let seen = try expect("MEM-1", in: .faultSplit, ("kmem_cache_zalloc(", "kmem_cache_alloc(")).seen
    #expect(seen.hasPrefix("read of 8 bytes at arch/x86/kvm/mmu/tdp_mmu.c:"), "\(seen)")
    #expect(seen.hasSuffix(", not written since it was allocated"), "\(seen)")
  }

  @Test func `so is a page table, whose entries an xchg and a cmpxchg read too`() throws {
    let fill = "\tfor (i = 0; i < SPTE_ENT_PER_PAGE; i++)\n\t\tsp->spt[i] = make_small_spte"
    let less = fill.replacing("SPTE_ENT_PER_PAGE", with: "SPTE_ENT_PER_PAGE - 1")
    let counted = "\tkvm_update_page_stats(kvm, level - 1, SPTE_ENT_PER_PAGE);"
    let fewer = counted.replacing("SPTE_ENT_PER_PAGE", with: "SPTE_ENT_PER_PAGE - 1")
    let violation = try expect("MEM-1", in: .faultSplit, (fill, less), (counted, fewer))
    #expect(violation.seen.contains("entry 511 of page #"), "\(violation.seen)")
    #expect(violation.expected == "memory that was not asked for zeroed is written before it is read")
  }

  // MARK: LST-1

  @Test func `an object that is freed while it is on a list is found when it is freed`() throws {
    let seen = try expect("LST-1", ("\tuntrack_possible_nx_huge_page(kvm, sp, KVM_TDP_MMU);\n", "")).seen
    #expect(seen.contains(" is on possible_nx_huge_pages, handed to call_rcu() by thread "), "\(seen)")
  }

  @Test func `a reference that nobody has is found at rest`() throws {
    let get = "\t\tif (root->role.word == role.word)\n\t\t\tgoto out_read_unlock;"
    let twice =
      "\t\tif (root->role.word == role.word) {\n\t\t\trefcount_inc(&root->tdp_mmu_root_count);\n"
      + "\t\t\tgoto out_read_unlock;\n\t\t}"
    let seen = try expect("LST-1", (get, twice)).seen
    #expect(seen.hasPrefix("tdp_mmu_root_count is "), "\(seen)")
  }

  @Test func `a header that nothing leads to is found at rest`() throws {
    let unused = "\tif (sp)\n\t\ttdp_mmu_free_unused_sp(sp);\n"
    #expect(try expect("LST-1", in: .faultSplit, (unused, "")).seen.hasPrefix("nothing leads to this one"))
  }

  @Test func `a header that tells of another entry is found at rest`() throws {
    let seen = try expect("LST-1", ("\tsp->ptep = sptep;\n", "\tsp->ptep = sptep ? sptep + 1 : sptep;\n")).seen
    #expect(seen.hasPrefix("it names another page, entry or level"), "\(seen)")
  }

  // MARK: TLB-2

  @Test func `a table that is taken out is flushed before RCU may free it`() throws {
    let flush = "\t\tkvm_flush_remote_tlbs_gfn(vcpu->kvm, iter->gfn, iter->level);\n"
    let violation = try expect("TLB-2", (flush, "\t\t;\n"))
    #expect(violation.expected.hasSuffix("before RCU lets the page table be freed"))
  }

  @Test func `a page that is taken out is flushed before mmu_lock is let go`() throws {
    let zap = "\t\tif (!root->role.invalid)\n\t\t\tflush = true;\n"
    #expect(try expect("TLB-2", (zap, "")).expected.hasSuffix("before mmu_lock is let go"))
  }

  @Test func `what a yield owes is flushed before it`() throws {
    let yields = "\t\t    tdp_mmu_iter_cond_resched(kvm, &iter, flush, false)) {"
    let lost = "\t\t    tdp_mmu_iter_cond_resched(kvm, &iter, false, false)) {"
    #expect(try expect("TLB-2", (yields, lost)).expected.hasSuffix("before mmu_lock is let go"))
  }

  @Test func `what NX recovery takes off its list is zapped`() throws {
    let changed = "\tif ((tdp_ptep_t)sp->spt != spte_to_child_pt(iter.old_spte, iter.level))\n"
    let seen = try expect("LST-1", in: .faultNxRecover, (changed, "\tif (sp->spt)\n")).seen
    #expect(seen.hasPrefix("this one is off it, and linked still: struct kvm_mmu_page #"), "\(seen)")
  }

  // MARK: MAP-1

  @Test func `a fault that is answered as spurious has the right that it asked for`() throws {
    let violation = try expect("MAP-1", ("(fault->prefetch ||", "(true || fault->prefetch ||"))
    #expect(violation.expected == "writable: a write's fault was answered, and nobody has taken W away since")
  }

  // MARK: What the TDX module leaves to KVM

  private func expect(_ checker: String, in scenario: ScenarioName, tdx edit: (String, String)) throws -> String {
    var configuration = ExploreConfiguration(scenario: scenario, length: .schedules(5_000), seed: 7, jobs: 2)
    configuration.kernel = try KernelTrees.broken(["arch/x86/kvm/vmx/tdx.c": [edit]])
    let violation = try #require(Explorations.run(configuration).violations.first)
    #expect(violation.checker == checker && violation.reproduction?.verified == 3)
    return "\(violation.expected); \(violation.seen)"
  }

  @Test func `the caches of a private page that was removed are written back, and not those of another`() throws {
    let call = "err = tdh_phymem_page_wbinvd_hkid((u16)kvm_tdx->hkid, pfn"
    let said = try expect("TLB-2", in: .guestZap, tdx: (call, call + " + 1"))
    #expect(said.hasPrefix("TDH.PHYMEM.PAGE.WBINVD of private page "), "\(said)")
  }

  @Test func `an S-EPT page is freed once the TDX module has given it back`() throws {
    let said = try expect(
      "RCU-1", in: .teardown, tdx: ("tdx_reclaim_page(virt_to_page(sp->external_spt))", "0"))
    #expect(said.contains("TDH.PHYMEM.PAGE.RECLAIM"), "\(said)")
  }

  // MARK: Walks that yield

  @Test func `a walk that yields where it has yielded is LIV-1`() throws {
    let compared = "\treturn iter->next_last_level_gfn != iter->yielded_gfn;"
    #expect(try expect("LIV-1", (compared, "\treturn true;")).seen.hasPrefix("it yields again at gfn "))
  }

  @Test func `an unmap that must not block does not yield`() throws {
    let zap = "range->start, range->end,\n\t\t\t\t\t  range->may_block, flush);"
    let seen = try expect("LCK-1", (zap, zap.replacing("range->may_block", with: "true"))).seen
    #expect(seen.hasPrefix("mmu_lock is yielded where the caller must not block"), "\(seen)")
  }
}
