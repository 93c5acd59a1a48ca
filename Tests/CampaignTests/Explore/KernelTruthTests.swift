/// What is said of a kernel is so: no token blames one that is right, nothing that is right fails, and what the kernel
/// waits for is what is waited for.
import Campaign
import Foundation
import KernelMMU
import Machine
import Testing

extension SoakTests {
  @Suite(.enabled(if: KernelTrees.newest != nil, KernelTrees.why)) struct KernelTruthTests {
    private func run(
      _ kernel: KernelSubject, schedules: UInt64, scenario: ScenarioName?, jobs: Int = 1
    ) -> RunRecord {
      var configuration = ExploreConfiguration(
        scenario: scenario, length: .schedules(schedules), seed: 7, jobs: jobs)
      configuration.kernel = kernel
      return Explorations.run(configuration)
    }

    private static let tdx = "arch/x86/kvm/vmx/tdx.c"
    private static let kick = "\tkvm_make_all_cpus_request(kvm, KVM_REQ_OUTSIDE_GUEST_MODE);\n"
    private static let track = "\terr = tdh_do_no_vcpus(tdh_mem_track, kvm, &kvm_tdx->td);\n"
    private static let block = "\terr = tdh_do_no_vcpus(tdh_mem_range_block,"
    private static let tracked = "\tTDX_BUG_ON(err, TDH_MEM_TRACK, kvm);\n"
    private static let late = (tracked + "\n" + kick, tracked)

    /// The vCPUs may enter with the old epoch as soon as the kick is over.
    @Test(arguments: [
      [late, (track, kick + track)], [late, (block, kick + block)],
    ])
    func `a kick that comes too early is found, and the token passes on the kernel as it is`(
      edits: [(String, String)]
    ) throws {
      let kernel = try KernelTrees.broken(edits, in: Self.tdx)
      let violation = try #require(run(kernel, schedules: 20_000, scenario: .guestZap).violations.first)
      #expect(["TLB-1", "BUG-1"].contains(violation.checker), "\(violation.seen)")
      #expect(violation.moment == .race)
      let reproduction = try #require(violation.reproduction)
      #expect(reproduction.verified == 3 && reproduction.minimized?.threads == 2)
      let token = try Token(parsing: reproduction.token)
      #expect(TokenReplay.run(token, kernel: try KernelTrees.kernel()).verdict != .violation)
      guard TokenRegress.check(token, kernel: try KernelTrees.kernel()).isFixed else {
        Issue.record("the kernel as it is fails too")
        return
      }
    }

    @Test func `a request that makes every vCPU leave is a kick, whatever else it asks for`() throws {
      let flush = "\tkvm_make_all_cpus_request(kvm, KVM_REQ_TLB_FLUSH);\n"
      let kernel = try KernelTrees.broken([(Self.tracked + "\n" + Self.kick, Self.tracked + flush)], in: Self.tdx)
      #expect(run(kernel, schedules: 4_000, scenario: .guestZap).verdict == .clean)
      let hasty = "\tkvm_make_all_cpus_request(kvm, KVM_REQ_OUTSIDE_GUEST_MODE & ~KVM_REQUEST_WAIT);\n"
      let broken = try KernelTrees.broken([(Self.tracked + "\n" + Self.kick, Self.tracked + hasty)], in: Self.tdx)
      #expect(run(broken, schedules: 20_000, scenario: .guestZap).verdict == .violation)
    }

    // MARK: Set-up

    private static let adds = "\tif (unlikely(kvm_tdx->state != TD_STATE_RUNNABLE))\n\t\treturn tdx_mem_page_add("

    @Test func `a rule that is broken while tables are built is told as that, with no token`() throws {
      let kernel = try KernelTrees.broken(
        [(Self.adds, "\tKVM_BUG_ON(kvm_tdx->state != TD_STATE_RUNNABLE, kvm);\n" + Self.adds)], in: Self.tdx)
      let record = run(kernel, schedules: 4_000, scenario: .faultZap)
      #expect(record.harnessFaults.isEmpty)
      let violation = try #require(record.violations.first)
      #expect(violation.checker == "BUG-1" && violation.moment == .setUp && violation.thread == -1)
      #expect(violation.operation == "fault")
      let reproduction = try #require(violation.reproduction)
      #expect(reproduction.token.isEmpty && reproduction.interleaving == nil)
      #expect(reproduction.verified == 3 && reproduction.minimized?.steps == 0)
      #expect(violation.command.contains("--first-schedule"))

      // A token of another kernel whose tables cannot be built here is not reproduced by that.
      let edits = [("__kvm_tdp_mmu_write_spte(iter->sptep, iter->old_spte);", ";")]
      let other = run(try KernelTrees.broken(edits), schedules: 4_000, scenario: .busy)
      var token = try Token(parsing: #require(other.violations.first?.reproduction).token)
      token.episode.populated = [Request(operation: .fault, range: 0..<1, draw: 0)]
      token.episode.regions[0].isPrivate = true
      let replay = TokenReplay.run(token, kernel: kernel)
      #expect(replay.violations.first?.moment == .setUp && replay.replay?.size.steps == 0)
      #expect(TokenRegress.check(token, kernel: kernel) == .breaksInSetUp("BUG-1"))
    }

    // MARK: The commit that a tree differs from

    @Test func `a token of a tree with local changes is tried on its commit`() throws {
      let line = "\tif (is_frozen_spte(iter.old_spte))"
      let (place, file) = ("arch/x86/kvm/mmu/tdp_mmu.c", "arch/x86/kvm/mmu/tdp_mmu.c")
      try KernelTrees.withTree([:]) { tree in
        func git(_ words: String...) throws {
          let process = Process()
          process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
          process.arguments = ["git", "-C", tree, "-c", "user.name=a", "-c", "user.email=a@b"] + words
          process.standardOutput = FileHandle.nullDevice
          try process.run()
          process.waitUntilExit()
          #expect(process.terminationStatus == 0)
        }
        try git("init", "-q")
        try git("add", "-A")
        try git("commit", "-qm", "a")
        #expect(try KernelSubject.open(tree).reference() == nil)
        try KernelTrees.edit("\(tree)/\(file)", [(line, "\tif (0)")])
        func reference() throws -> RunRecord.Reference {
          let record = run(try KernelSubject.open(tree), schedules: 20_000, scenario: .faultFault)
          return try #require(record.violations.first?.reproduction?.reference)
        }
        let clean = try reference()
        #expect(clean.subject.hasPrefix("commit ") && clean.checker == nil && clean.problem == nil)

        // The mistake is committed; what is changed now is another line, and innocent.
        try git("commit", "-qam", "b")
        try KernelTrees.edit("\(tree)/\(place)", [("\tint ret = RET_PF_RETRY;", "\tint ret = RET_PF_RETRY; ;")])
        let broken = try reference()
        #expect(broken.checker == "BUG-1")

        // All of it is committed, and held against the commit before the mistake, or against the mistake itself.
        try git("commit", "-qam", "c")
        #expect(try KernelSubject.open(tree).reference() == nil)
        for (base, checker) in [("HEAD~2", nil), ("HEAD~1", "BUG-1")] as [(String, String?)] {
          let kernel = try KernelSubject.open(tree, base: base)
          let record = run(kernel, schedules: 20_000, scenario: .faultFault)
          let reference = try #require(record.violations.first?.reproduction?.reference)
          #expect(reference.checker == checker && reference.problem == nil)
          #expect(reference.subject == "commit \(kernel.origin.base?.prefix(12) ?? "")")
        }
      }
    }

    // MARK: Hooks

    private static func hooks(_ kind: String, _ call: String) -> [String: [(String, String)]] {
      [
        "arch/x86/include/asm/kvm-x86-ops.h": [
          (
            "KVM_X86_OP_OPTIONAL(free_external_spt)",
            "KVM_X86_OP_OPTIONAL(free_external_spt)\n\(kind)(note_external_fault)"
          )
        ],
        "arch/x86/include/asm/kvm_host.h": [
          (
            "\tvoid (*free_external_spt)(",
            "\tint (*note_external_fault)(struct kvm *kvm);\n\tvoid (*free_external_spt)("
          )
        ],
        "arch/x86/kvm/mmu/tdp_mmu.c": [("\tint ret = RET_PF_RETRY;\n", "\tint ret = RET_PF_RETRY;\n\t\(call)\n")],
      ]
    }

    @Test func `an optional hook that is NULL does nothing, and one of RET0 answers 0`() throws {
      let call = "kvm_x86_call(note_external_fault)(vcpu->kvm);"
      let optional = try KernelTrees.broken(Self.hooks("KVM_X86_OP_OPTIONAL", call))
      #expect(run(optional, schedules: 400, scenario: .faultFault).verdict == .clean)
      let ret0 = try KernelTrees.broken(Self.hooks("KVM_X86_OP_OPTIONAL_RET0", "BUG_ON(\(call.dropLast()));"))
      #expect(run(ret0, schedules: 400, scenario: .faultFault).verdict == .clean)
    }

    @Test func `a hook that is NULL and must not be is told as that`() throws {
      let kernel = try KernelTrees.broken(Self.hooks("KVM_X86_OP", "kvm_x86_call(note_external_fault)(vcpu->kvm);"))
      let violation = try #require(run(kernel, schedules: 400, scenario: .faultFault).violations.first)
      #expect(violation.checker == "BUG-1")
      #expect(violation.seen.contains("kvm_x86_call(note_external_fault) of a hook that is NULL and not optional"))
      #expect(violation.seen.contains("kvm_tdp_mmu_map()"))
    }

    // MARK: Variables of files

    private static let map = "int kvm_tdp_mmu_map(struct kvm_vcpu *vcpu, struct kvm_page_fault *fault)\n{\n"

    @Test func `a data race on a variable of a file is RACE-1, by its name`() throws {
      var kernel = try KernelTrees.broken(
        [
          (Self.map, "unsigned long nr_tdp_faults[2];\n" + Self.map),
          ("\tint ret = RET_PF_RETRY;\n", "\tint ret = RET_PF_RETRY;\n\tnr_tdp_faults[1]++;\n"),
        ],
        plainAccesses: true)
      kernel.checksRaces = true
      let violation = try #require(run(kernel, schedules: 2_000, scenario: .faultFault).violations.first)
      #expect(violation.checker == "RACE-1")
      #expect(violation.seen.contains("nr_tdp_faults+0x8"), "\(violation.seen)")
      #expect(violation.seen.contains("kvm_tdp_mmu_map()"))
      #expect(violation.reproduction?.verified == 3)
    }

    @Test func `a variable of a file holds at each schedule's start what it held when it was loaded`() throws {
      // More faults than one schedule has, and less than a chunk of them.
      let kernel = try KernelTrees.broken([
        (Self.map, "static int calls;\n" + Self.map),
        (
          "\tint ret = RET_PF_RETRY;\n",
          "\tint ret = RET_PF_RETRY;\n\tBUG_ON(__atomic_add_fetch(&calls, 1, 0) > 100);\n"
        ),
      ])
      let records = try [1, 2].map { jobs in
        let record = run(kernel, schedules: 2_000, scenario: .faultFault, jobs: jobs)
        #expect(record.verdict == .clean, "\(record.violations.first?.seen ?? "") \(record.harnessFaults)")
        return try Runs.encoded(record)
      }
      #expect(records[0] == records[1])
    }
  }
}
