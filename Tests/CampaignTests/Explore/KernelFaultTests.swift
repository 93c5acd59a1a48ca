/// Kernel code that cannot go on is a finding like any other: shown, minimised, verified, and no end of the tool.
import Campaign
import KernelMMU
import Machine
import Testing

@Suite(.enabled(if: KernelTrees.newest != nil, KernelTrees.why)) struct KernelFaultTests {
  private static let atomicSet = "\tlockdep_assert_held_read(&kvm->mmu_lock);\n\n\t/* Should not set"
  private static let whenFrozen = "is_frozen_spte(kvm_tdp_mmu_read_spte(iter->sptep))"

  /// Puts a statement where a fault meets an SPTE that another one has frozen: a race.
  private func whenRacing(_ statement: String) throws -> KernelSubject {
    var kernel = try KernelTrees.broken([
      (Self.atomicSet, "\tif (\(Self.whenFrozen))\n\t\t\(statement)\n" + Self.atomicSet)
    ])
    kernel.hangLimit = 15_000_000
    return kernel
  }

  @discardableResult
  private func expect(
    _ checker: String, _ kernel: KernelSubject, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> RunRecord.Violation {
    var configuration = ExploreConfiguration(length: .schedules(20_000), seed: 7, jobs: 2)
    configuration.kernel = kernel
    let record = Explorations.run(configuration)
    #expect(record.harnessFaults == [], sourceLocation: sourceLocation)
    let violation = try #require(record.violations.first, sourceLocation: sourceLocation)
    #expect(violation.checker == checker, "\(violation.seen)", sourceLocation: sourceLocation)
    let reproduction = try #require(violation.reproduction, sourceLocation: sourceLocation)
    #expect(reproduction.verified == 3, sourceLocation: sourceLocation)
    let token = try Token(parsing: reproduction.token)
    let replay = TokenReplay.run(token, kernel: kernel)
    #expect(replay.violations.first?.checker == checker, sourceLocation: sourceLocation)
    #expect(replay.violations.first?.seen == violation.seen, sourceLocation: sourceLocation)
    // The same process goes on with a kernel that is whole.
    #expect(
      TokenReplay.run(token, kernel: try KernelTrees.kernel()).verdict != .violation, sourceLocation: sourceLocation)
    return violation
  }

  @Test func `a NULL dereference in a race is OOPS-1 with its file, line and function, and shrinks`() throws {
    let violation = try expect("OOPS-1", try whenRacing("*(volatile int *)16 = 1;"))
    #expect(violation.seen.contains("SIGSEGV, NULL pointer dereference, address 0x10 at arch/x86/kvm/mmu/tdp_mmu.c:"))
    #expect(violation.seen.contains("tdp_mmu_set_spte_atomic()"))
    let reproduction = try #require(violation.reproduction)
    #expect(reproduction.isMinimal && reproduction.interleaving?.rows.isEmpty == false)
    #expect(try #require(reproduction.minimized).threads == 2)
  }

  @Test(arguments: [
    ("__builtin_trap();", "SIGILL"), ("{ volatile int zero = 0; zero = 7 / zero; }", "SIGFPE"),
    ("((void (*)(void))8)();", "SIGSEGV, jump to address 0x8 at"),
    ("memset((void *)0x1000, 0, 64);", "SIGSEGV, NULL pointer dereference"),
    ("*(volatile int *)0xdead000000000100 = 1;", "an address that none can have"),
  ])
  func `every kind of exception is one`(statement: String, text: String) throws {
    #expect(try expect("OOPS-1", try whenRacing(statement)).seen.contains(text))
  }

  @Test func `a return to nowhere and a stack without an end are OOPS-1 too`() throws {
    let function = "static inline int __must_check tdp_mmu_set_spte_atomic(struct kvm *kvm,"
    let smash =
      "static noinline void smash(void)\n{\n\tunsigned long room[2], *volatile end = room;\n"
      + "\tfor (int i = 0; i < 16; i++)\n\t\t*end++ = 0x40;\n}\n"
    let smashed = try KernelTrees.broken([
      (function, smash + function),
      (Self.atomicSet, "\tif (\(Self.whenFrozen))\n\t\tsmash();\n" + Self.atomicSet),
    ])
    #expect(try expect("OOPS-1", smashed).seen.hasPrefix("SIGSEGV, jump to address 0x40, in no code at all"))
    let descend =
      "static noinline int descend(int n)\n{\n\tvolatile char room[2048];\n\troom[0] = n;\n"
      + "\treturn descend(n + 1) + room[0];\n}\n"
    let deep = try KernelTrees.broken([
      (function, descend + function),
      (Self.atomicSet, "\tif (\(Self.whenFrozen))\n\t\tdescend(0);\n" + Self.atomicSet),
    ])
    #expect(try expect("OOPS-1", deep).seen.hasPrefix("the stack is used up"))
  }

  @Test func `an endless loop under mmu_lock without a schedule point is HANG-1`() throws {
    let violation = try expect("HANG-1", try whenRacing("for (volatile int on = 1; on;);"))
    #expect(violation.seen.contains("its last schedule point at arch/x86/kvm/mmu/tdp_mmu.c:"))
  }

  @Test func `a fault while the VM is made or unmade is a finding`() throws {
    let freed = "\tif (is_mirror_sp(sp))\n\t\tkvm_x86_call(free_external_spt)(kvm, sp);"
    try expect("OOPS-1", try KernelTrees.broken([(freed, "\tif (is_mirror_sp(sp))\n\t\t__builtin_trap();")]))
    var hanging = try KernelTrees.broken([(freed, "\tif (is_mirror_sp(sp))\n\t\tfor (;;);")])
    hanging.hangLimit = 15_000_000
    try expect("HANG-1", hanging)
  }

  @Test func `a fault before any thread runs is written down without a schedule`() throws {
    var configuration = ExploreConfiguration(length: .schedules(20_000), seed: 7, jobs: 2)
    configuration.kernel = try KernelTrees.broken([("\t\trole.is_mirror = true;", "\t\t__builtin_trap();")])
    let record = Explorations.run(configuration)
    let violation = try #require(record.violations.first)
    #expect(record.harnessFaults == [] && violation.checker == "OOPS-1")
    #expect(violation.thread == -1 && violation.moment == .setUp)
    #expect(violation.reproduction?.token.isEmpty == true)
  }
}
