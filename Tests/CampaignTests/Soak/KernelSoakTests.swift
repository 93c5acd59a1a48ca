/// A user's own kernel under threads: clean as it is, and where it is broken caught, told and repeated on fibers.
import Campaign
import KernelMMU
import Machine
import SecureEPT
import Testing

extension SoakTests {
  @Suite(.enabled(if: KernelTrees.newest != nil, KernelTrees.why)) struct KernelSoakTests {
    private func configuration(
      _ kernel: KernelSubject, threads: Int = 8, length: SoakConfiguration.Length = .rounds(2),
      mix: OperationMix? = nil, perturbation: Perturbation = .light
    ) -> SoakConfiguration {
      var configuration = SoakConfiguration(
        threads: threads, length: length, seed: 11, mix: mix, perturbation: perturbation, memoryGiB: 1)
      configuration.kernel = kernel
      return Runs.short(configuration)
    }

    /// Breaks the kernel and races threads with it.
    private func violation(
      _ edits: (String, String)..., mix: OperationMix? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> RunRecord.Violation {
      let record = Runs.run(configuration(try KernelTrees.broken(edits), length: .rounds(50), mix: mix))
      #expect(record.harnessFaults.isEmpty, sourceLocation: sourceLocation)
      #expect(record.verdict == .violation, sourceLocation: sourceLocation)
      return try #require(record.violations.first, sourceLocation: sourceLocation)
    }

    // MARK: As it is

    @Test(arguments: [Perturbation.off, .heavy])
    func `eight threads race cleanly, and the record says with what`(perturbation: Perturbation) throws {
      let kernel = try KernelTrees.kernel()
      let record = Runs.run(configuration(kernel, perturbation: perturbation))
      #expect(record.verdict == .clean, "\(record.violations.map(\.seen)) \(record.harnessFaults)")
      #expect(record.rounds == 2 && record.timing.liveThreads == 8)
      #expect(record.subject == "kernel" && record.engine == .soak && record.mutant == nil)
      #expect(record.protocol == "linux-\(kernel.version)")
      #expect(record.kernel?.version == kernel.version && record.kernel?.tree == SeedText.format(kernel.treeHash))
      #expect(record.checkers.filter { $0.checks == 0 }.map(\.checker) == [])
      #expect(record.operations == record.outcomes.reduce(0) { $0 + $1.count })
      #expect(
        Set(record.outcomes.map(\.operation)) == Set(Operation.allCases.filter { $0.defaultWeight > 0 }.map(\.name)))
    }

    @Test func `more threads than processors race cleanly`() throws {
      let record = Runs.run(configuration(try KernelTrees.kernel(), threads: 64, length: .rounds(1)))
      #expect(record.verdict == .clean, "\(record.violations.map(\.seen)) \(record.harnessFaults)")
      #expect(record.timing.liveThreads == 64)
    }

    /// Dirty logging is of a whole slot, and a round's slot has private memory in it.
    private static let ofSharedSlots: [Operation] = [.logDirty, .collectDirty]

    @Test(arguments: Operation.allCases.filter { Policy.fourK.isOffered($0) && !ofSharedSlots.contains($0) })
    func `each operation races cleanly against itself and faults`(operation: Operation) throws {
      let mix = OperationMix([Operation.fault: 1, .fault2M: 1].merging([operation: 3]) { $1 })
      let record = Runs.run(configuration(try KernelTrees.kernel(), threads: 4, mix: mix))
      #expect(
        record.verdict == .clean && record.rounds == 2, "\(record.violations.map(\.seen)) \(record.harnessFaults)")
    }

    @Test(arguments: [0.0, 50]) func `any share of BUSY is survived`(percent: Double) throws {
      var configuration = configuration(try KernelTrees.kernel(), threads: 4)
      configuration.busyPercent = percent
      let record = Runs.run(configuration)
      #expect(record.verdict == .clean, "\(record.violations.map(\.seen)) \(record.harnessFaults)")
    }

    @Test func `one thread does the same each time`() throws {
      let records = try (0..<2).map { _ in
        try Runs.encoded(Runs.run(configuration(try KernelTrees.kernel(), threads: 1, length: .rounds(1))))
      }
      #expect(records[0] == records[1])
    }

    @Test func `memory that is logged is never private`() throws {
      let configuration = configuration(try KernelTrees.kernel())
      let plan = RoundPlan(runSeed: 11, round: 3, guestPages: 1 << 18)
      var workload = Workload(configuration)
      defer { workload.deallocate() }
      workload.prepare(plan)
      var logged: Set<Int> = []
      var converted: Set<Int> = []
      var draws = SplitMix64(state: 5)
      for _ in 0..<100_000 {
        let request = workload.next(&draws, task: 0)
        let regions = Int(request.range.lowerBound >> 9)...Int((request.range.upperBound - 1) >> 9)
        switch request.operation {
        case .wrprot, .clearDirty, .recover: logged.formUnion(regions)
        case .convert: converted.formUnion(regions)
        default: break
        }
      }
      #expect(!logged.isEmpty && !converted.isEmpty && logged.isDisjoint(with: converted))
      #expect(logged.allSatisfy { !RoundPlan.kind(of: $0, seed: plan.seed).isPrivate })
    }

    // MARK: Broken

    private var request: String { "\ttrace_kvm_mmu_spte_requested(fault, root->role.access);\n" }

    @Test func `what threads meet is repeated on fibers of the same kernel`() throws {
      let kernel = try KernelTrees.broken([
        ("__kvm_tdp_mmu_write_spte(iter->sptep, iter->old_spte);", "__kvm_tdp_mmu_write_spte(iter->sptep, new_spte);")
      ])
      let record = Runs.bridged(configuration(kernel, length: .rounds(50)))
      let violation = try #require(record.violations.first)
      #expect(violation.checker == "ORD-3")
      #expect(violation.command.contains("--kernel-tree "))
      #expect(!violation.events.isEmpty)
      let reproduction = try #require(violation.reproduction)
      #expect(reproduction.verified == 3 && reproduction.bridgedSchedules != nil)
      let token = try Token(parsing: reproduction.token)
      #expect(token.kernelTree == kernel.treeHash)
      #expect(TokenReplay.run(token, kernel: kernel).violations.first?.checker == "ORD-3")
    }

    @Test func `BUG() ends the run with what it said and where`() throws {
      let violation = try violation((request, "\tBUG_ON(fault->is_private && (fault->gfn & 7) == 3);\n" + request))
      #expect(violation.checker == "BUG-1")
      // The initial memory is mapped before any thread runs, and meets it.
      #expect(violation.thread == -1 && violation.moment == .setUp)
      let condition = "BUG_ON(fault->is_private && (fault->gfn & 7) == 3)"
      #expect(violation.seen.contains("\(condition) at arch/x86/kvm/mmu/tdp_mmu.c:"))
      #expect(violation.seen.contains("kvm_tdp_mmu_map()"))
    }

    @Test func `BUG() while the VM is taken down does too`() throws {
      let start = "void kvm_tdp_mmu_zap_all(struct kvm *kvm)\n{\n"
      let violation = try violation((start, start + "\tBUG_ON(kvm);\n"))
      #expect(violation.checker == "BUG-1" && violation.thread == -1)
    }

    @Test func `a wait without an end is LIV-1`() throws {
      let loop = "\twhile (fault->is_private && (fault->gfn & 7) == 3)\n\t\tcpu_relax();\n"
      #expect(try violation((request, loop + request)).checker == "LIV-1")
    }

    @Test func `a SEAMCALL that is repeated while it is BUSY is LIV-1`() throws {
      let call = "err = tdh_mem_page_aug(&kvm_tdx->td, gpa, level, pfn, &entry, &level_state);"
      let edits = [(call, "do { \(call) } while (tdx_operand_busy(err));")]
      let kernel = try KernelTrees.broken(edits, in: "arch/x86/kvm/vmx/tdx.c")
      let violation = try #require(Runs.run(configuration(kernel, length: .rounds(50))).violations.first)
      #expect(violation.checker == "LIV-1" && violation.seen.contains("busy SEAMCALL"))
    }

    @Test func `roots that are never put are RCU-1, not a fault of the harness`() throws {
      let mix = OperationMix([Operation.fault: 10, .invalidate: 10])
      let violation = try violation(("\t\tkvm_tdp_mmu_put_root(kvm, root);\n", ""), mix: mix)
      #expect(violation.checker == "RCU-1")
    }
  }
}
