/// Equal seeds give equal runs with one thread and equal workloads with any number.
import Campaign
import SecureEPT
import Testing

@Suite struct DeterminismTests {
  @Test(arguments: Policy.allCases, [Perturbation.off, .heavy])
  func `one thread: the records of two runs are equal but for their timing`(
    policy: Policy, perturbation: Perturbation
  ) throws {
    let configuration = Runs.short(
      SoakConfiguration(
        threads: 1, length: .rounds(4), seed: 0xfeed, policy: policy, perturbation: perturbation, memoryGiB: 1))
    let (one, two) = (Runs.run(configuration), Runs.run(configuration))
    #expect(one.verdict == .clean && one.rounds == 4)
    #expect(try Runs.encoded(one) == Runs.encoded(two))
  }

  @Test func `pauses change nothing for one thread`() throws {
    var configuration = Runs.short(
      SoakConfiguration(threads: 1, length: .rounds(2), seed: 3, perturbation: .off, memoryGiB: 1))
    var one = Runs.run(configuration)
    configuration.perturbation = .heavy
    let two = Runs.run(configuration)
    one.perturb = two.perturb
    #expect(try Runs.encoded(one) == Runs.encoded(two))
  }

  @Test func `several threads: the workloads of two runs are equal`() {
    let configuration = Runs.short(SoakConfiguration(threads: 6, length: .rounds(3), seed: 42, memoryGiB: 1))
    let (one, two) = (Runs.run(configuration), Runs.run(configuration))
    #expect(one.verdict == .clean && two.verdict == .clean)
    #expect(one.workload == two.workload)
    #expect(one.operations == two.operations)
  }

  @Test func `another seed, another round or another number of threads is another workload`() {
    let base = Runs.short(SoakConfiguration(threads: 2, length: .rounds(1), seed: 42, memoryGiB: 1))
    var (seed, round, threads) = (base, base, base)
    seed.seed = 43
    round.firstRound = 1
    threads.threads = 3
    let workloads = [base, seed, round, threads].map { Runs.run($0).workload }
    #expect(Set(workloads).count == 4)
  }

  @Test func `a run of several rounds is its rounds one after another`() {
    let all = Runs.run(Runs.short(SoakConfiguration(threads: 1, length: .rounds(3), seed: 7, memoryGiB: 1)))
    let parts = (0..<3).map { round in
      Runs.run(
        Runs.short(
          SoakConfiguration(threads: 1, length: .rounds(1), seed: 7, memoryGiB: 1, firstRound: round)))
    }
    #expect(all.operations == parts.reduce(0) { $0 + $1.operations })
    for row in all.outcomes {
      let sum = parts.flatMap(\.outcomes).filter { $0.operation == row.operation && $0.outcome == row.outcome }
        .reduce(0) { $0 + $1.count }
      #expect(row.count == sum)
    }
  }
}
