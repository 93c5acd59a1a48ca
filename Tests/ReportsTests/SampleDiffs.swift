import Records

/// Records of comparisons to be read as golden texts.
enum SampleDiffs {
  static let kernel = RunRecord.Kernel(version: "7.3.4", tree: "0x674e76aff77b7620", path: "linux")

  /// One of which git knows where it comes from, and that has changes.
  static let changedKernel = RunRecord.Kernel(
    version: "7.3.4", tree: "0x674e76aff77b7620", path: "linux", compiler: "clang version 19.1.7",
    commit: "0123456789abcdef0123456789abcdef01234567", changed: ["arch/x86/kvm/mmu/mmu.c"],
    base: "fedcba9876543210fedcba9876543210fedcba98",
    unseen: [
      .init(name: "kvm_zap_gfn_range()", file: "arch/x86/kvm/mmu/mmu.c", reason: "not compiled"),
      .init(name: "kvm_mmu_zap_all()", file: "arch/x86/kvm/mmu/mmu.c", reason: "not compiled"),
      .init(name: "kvm_tdp_mmu_get_walk()", file: "arch/x86/kvm/mmu/tdp_mmu.c", reason: "never called"),
      .init(name: "", file: "virt/kvm/new.c", reason: "not compiled"),
    ])

  static let build = ToolBuild(version: "0.1.0", commit: "89abcdef0123456789abcdef0123456789abcdef", hasChanges: true)

  static let alike: DiffRecord = {
    var record = DiffRecord(
      seed: "0x0000000000000001", scenario: "all", threads: 3, operationsPerThread: 3, model: "mainline")
    record.kernel = kernel
    record.episodes = 10_000
    record.operations = 107_796
    record.steps = 910_186
    record.limits = ["execute", "memory-type", "roots"]
    record.timing = .init(elapsedSeconds: 5.5, episodesPerSecond: 1818, jobs: 2)
    return record
  }()

  static let differing: DiffRecord = {
    typealias Line = DiffRecord.Difference.Line
    var record = alike
    record.verdict = .differs
    record.episodes = 1_000
    record.differing = 7
    record.classes = [
      .init(name: "fault: mirror WRITE_ONCE, value", episodes: 6, firstEpisode: 12),
      .init(name: "zap: nothing / TDH.MEM.TRACK", episodes: 1, firstEpisode: 4),
    ]
    let alikeLines = (0..<30).map { _ in
      let text = "r mirror cmpxchg 0x0 512G NONPRESENT -> FROZEN"
      return Line(model: text, kernel: text)
    }
    record.difference = .init(
      episode: 4, class: "zap: nothing / TDH.MEM.TRACK", scenario: "fault-zap", foundOperations: 10,
      shownOperations: 3, regions: ["private", "shared"], flags: ["SEAMCALLs may be busy", "walks may yield"],
      before: ["setup: fault 0x1ff", "thread 1: fault 0x1ff"], operation: "thread 0: zap 0x1fe-0x1ff",
      lines: alikeLines + [
        Line(model: "", kernel: "w TDH.MEM.TRACK epoch 2 -> SUCCESS"),
        Line(model: "result done", kernel: "result done"), Line(model: "kicks 1", kernel: "kicks 2"),
      ], firstLine: 30,
      command: "stress diff --kernel-tree linux --seed 0x0000000000000001 --episodes 1 --first-episode 4")
    return record
  }()

  static let interrupted: DiffRecord = {
    var record = alike
    record.interrupted = true
    record.episodes = 77
    record.mutant = "lost-zap"
    return record
  }()

  static let fault: DiffRecord = {
    var record = alike
    record.verdict = .harnessFault
    record.harnessFaults = ["episode 3: out of page tables"]
    return record
  }()
}
