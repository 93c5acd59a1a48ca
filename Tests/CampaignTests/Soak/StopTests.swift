/// A run that is asked to end does, and tells of what ran so far.
import Campaign
import Testing

extension SoakTests {
  @Suite struct StopTests {
    @Test func `a stop before the run lets nothing run`() {
      let record = Runs.named { name in
        let soak = Soak(configuration: SoakConfiguration(threads: 2, seed: 1, memoryGiB: 1), stateName: name)
        soak.requestStop()
        return soak.run()
      }
      #expect(record.interrupted && record.verdict == .clean)
      #expect(record.rounds == 0 && record.operations == 0)
      #expect(record.harnessFaults.isEmpty)
    }

    @Test(arguments: [1, 8])
    func `a stop during the run ends it with the record so far`(threads: Int) {
      let configuration = SoakConfiguration(threads: threads, length: .seconds(30), seed: 1, memoryGiB: 1)
      var samples: [SoakProgress] = []
      let record = Runs.named { name in
        let soak = Soak(configuration: configuration, stateName: name)
        return soak.run(progress: { progress in
          samples.append(progress)
          if progress.operations > 0 { soak.requestStop() }
        })
      }
      #expect(record.interrupted && record.verdict == .clean)
      #expect(record.operations > 0)
      #expect(record.harnessFaults.isEmpty)
      #expect(samples.allSatisfy { $0.liveThreads == threads })
      #expect(samples.map(\.operations) == samples.map(\.operations).sorted())
    }

    @Test func `a run bounded by time cuts its last round short and verifies it all the same`() {
      let record = Runs.run(SoakConfiguration(threads: 2, length: .seconds(0.5), seed: 1, memoryGiB: 1))
      #expect(!record.interrupted && record.verdict == .clean)
      #expect(record.checkers.filter { $0.checks == 0 }.map(\.checker) == [])
    }

    @Test func `a run that has nothing to do is clean and empty`() {
      let record = Runs.run(SoakConfiguration(threads: 2, length: .rounds(0), seed: 1, memoryGiB: 1))
      #expect(record.rounds == 0 && record.operations == 0 && record.verdict == .clean)
    }

    @Test(arguments: [1, 64])
    func `of a soak's last round is told what was left`(threads: Int) {
      let record = Runs.bridged(SoakConfiguration(threads: threads, length: .seconds(0.001), seed: 3))
      let inRound: UInt64 = threads == 1 ? 65_536 : 131_072
      #expect(record.operations + (record.cut?.operations ?? 0) == record.rounds * inRound)
    }
  }
}
