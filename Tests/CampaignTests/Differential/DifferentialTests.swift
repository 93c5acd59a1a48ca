/// The model against itself, whole and broken: what a comparison finds without any kernel.
import Campaign
import Machine
import MirrorMMU
import Testing

@Suite struct DifferentialTests {
  private func configuration(_ episodes: UInt64, mutant: Mutant? = nil) -> DifferentialConfiguration {
    var configuration = DifferentialConfiguration(seed: 5)
    configuration.episodes = episodes
    configuration.mutant = mutant
    return configuration
  }

  private func run(_ configuration: DifferentialConfiguration) -> DiffRecord {
    Runs.named { Differential(configuration: configuration, stateName: $0).run() }
  }

  @Test func `the model does not differ from itself`() {
    let record = run(configuration(300))
    #expect(record.verdict == .alike && record.episodes == 300)
    #expect(record.steps > record.operations && record.operations > 2_000)
  }

  /// Otherwise nothing was compared.
  @Test func `episodes have BUSY, yields, every operation, kicks, accepts and the VM's end`() throws {
    let configuration = configuration(0)
    let world = try #require(
      SequentialWorld(threads: 3, subject: .model(.mainline, nil)))
    var operations: Set<Operation> = []
    var names: Set<String> = []
    var results: Set<EpisodeTrace.Result> = []
    var kicks: UInt64 = 0
    for index in 0..<400 {
      let episode = SequentialEpisode(configuration, UInt64(index))
      operations.formUnion((episode.setup + episode.steps).map(\.request.operation))
      let trace = world.run(episode)
      #expect(trace.operations.count == episode.operations + 1 && trace.harnessFault == nil)
      #expect(trace.operations.allSatisfy { $0.violation == nil })
      for operation in trace.operations {
        results.insert(operation.result)
        kicks += operation.kicks
        for step in operation.steps {
          if case .seamcall(_, let status) = step.kind { names.insert(status.name) }
          names.insert(step.name)
        }
      }
    }
    // The rest is of scenarios that are chosen by name.
    let named: [Operation] = [.splitMirror, .pruneMirror, .plant, .touch, .logDirty, .collectDirty]
    #expect(operations == Set(Operation.allCases.filter { !named.contains($0) }))
    #expect(results == [.done, .nothing, .spurious])
    #expect(kicks > 0)
    #expect(
      names.isSuperset(of: [
        "OPERAND_BUSY", "yield", "call_rcu", "direct xchg", "mirror cmpxchg", "TDH.PHYMEM.PAGE.RECLAIM",
        "TDG.MEM.PAGE.ACCEPT", "TDH.MEM.PAGE.ADD", "TDH.MEM.PAGE.AUG", "TDH.MEM.PAGE.REMOVE",
      ]))
  }

  @Test(arguments: [
    Mutant.thawFirst, .noRestore, .restoreNew, .statsEarly, .noTrack, .doublePropagate, .noFreeze, .ageMirror,
    .parentFirst, .stayFrozen,
  ])
  func `a mutant differs, in an episode that was made small`(mutant: Mutant) throws {
    let record = run(configuration(3_000, mutant: mutant))
    #expect(record.verdict == .differs && record.differing == 1)
    let difference = try #require(record.difference)
    #expect(difference.shownOperations <= 4 && difference.shownOperations <= difference.foundOperations)
    #expect(difference.before.count < difference.shownOperations || difference.operation == "the VM's end")
    let line = difference.lines[difference.firstLine]
    #expect(!line.isAlike)
    let before = difference.lines.prefix(difference.firstLine)
    #expect(!before.contains { !$0.isAlike })
    #expect(difference.command.hasSuffix("--first-episode \(difference.episode)"))
  }

  @Test func `what is shown comes again from the number alone`() throws {
    let whole = try #require(run(configuration(3_000, mutant: .noRestore)).difference)
    var alone = configuration(1, mutant: .noRestore)
    alone.firstEpisode = whole.episode
    let again = try #require(run(alone).difference)
    #expect(again == whole)
  }

  @Test func `the number of jobs changes the timing alone`() {
    for keepsGoing in [false, true] {
      var records = [1, 3].map { jobs in
        var configuration = configuration(400, mutant: .restoreNew)
        configuration.jobs = jobs
        configuration.keepsGoing = keepsGoing
        return run(configuration)
      }
      for index in records.indices { records[index].timing = .init(elapsedSeconds: 0, episodesPerSecond: 0, jobs: 0) }
      #expect(records[0] == records[1])
    }
  }

  @Test func `all that differ are counted by class on request`() {
    var configuration = configuration(1_000, mutant: .statsEarly)
    configuration.keepsGoing = true
    let record = run(configuration)
    #expect(record.episodes == 1_000 && record.differing > 5)
    #expect(record.classes.reduce(0) { $0 + $1.episodes } == record.differing)
    #expect(record.classes.map(\.firstEpisode).min() == record.difference?.episode)
  }

  @Test func `a request to stop ends it with what was compared`() {
    let record = Runs.named { name in
      let differential = Differential(configuration: configuration(1_000_000_000), stateName: name)
      differential.requestStop()
      return differential.run()
    }
    #expect(record.interrupted && record.verdict == .alike && record.episodes < 10)
  }
}
