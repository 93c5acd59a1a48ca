import Records

/// Series, one for each verdict.
enum SampleSeries {
  static let all = [clean, broken, untried, fault]

  static let clean = record([commit(0, .tried), commit(1, .tried), commit(2, .notAffected), commit(3, .merge)])
  static let untried = record([commit(0, .doesNotBuild, "spte.c:7 wants x"), commit(1, .notRun)])
  static let fault = record([commit(0, .tried), commit(1, .harnessFault, "it broke")], faults: ["commit 1: it broke"])

  static let broken: SeriesRecord = {
    var (first, still, mended) = (commit(1, .tried), commit(2, .tried), commit(4, .tried))
    first.breaks = [
      .init(
        checker: "FRZ-3", rule: "a thread leaves its mmu_lock section with none of its SPTEs frozen",
        place: "fault x zap, private-empty", engine: "exhaust", expected: "none", seen: "one <script>", foundAt: 1,
        token: "k1:AAAA", verified: 3, replays: 3, interleaving: SampleInterleavings.detailed)
    ]
    still.stillBroken = [.init(checker: "FRZ-3", number: 1)]
    mended.mends = still.stillBroken
    mended.demands = ["kvm_helper"]
    mended.unseen = [.init(name: "f()", file: "arch/x86/kvm/x86.c", reason: "not compiled")]
    return record([commit(0, .tried), first, still, commit(3, .doesNotBuild, "tdp_mmu.c:7 wants x"), mended])
  }()

  private static func commit(
    _ number: Int, _ state: SeriesRecord.State, _ reason: String = ""
  ) -> SeriesRecord.Commit {
    var commit = SeriesRecord.Commit(
      number: number, commit: String(repeating: "\(number)", count: 40), subject: "KVM: x86/mmu: Change \(number)",
      author: "A. Author", state: state)
    commit.reason = reason
    if state == .tried {
      commit.builds = [.init(compiler: "clang version 21", failure: nil)]
      commit.pairs = .init(operations: [], items: 10, complete: 4, states: 1_234, executions: 400)
      commit.schedules = .init(schedules: 1_000, distinct: 900)
    }
    return commit
  }

  private static func record(_ commits: [SeriesRecord.Commit], faults: [String] = []) -> SeriesRecord {
    SeriesRecord(
      build: nil, repository: "linux", range: "base..tip", version: "7.3.4", seed: "0x0000000000000001",
      schedules: 1_000, executions: 40, commits: commits, harnessFaults: faults, interrupted: false,
      timing: .init(
        elapsedSeconds: 2.5, jobs: 2, commits: commits.map { _ in 0.5 }, found: commits.map { _ in 3 }))
  }
}
