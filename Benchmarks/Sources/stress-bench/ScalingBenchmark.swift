// From one thread to two on disjoint ranges: what the tool itself makes threads wait for.
import ArgumentParser
import CBaseline
import Campaign

struct ScalingBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scaling", abstract: "Operations a second of two threads on disjoint ranges beside one thread's.")

  @OptionGroup var options: Options

  func run() throws { try options.judgement.report([Self.measure(options)]) }

  /// One program that can be run with a number of threads, each on a range of its own.
  struct Subject {
    var name: String
    /// Prepares runs of about so many seconds with so many threads; each call of what it returns is one run.
    var prepare: (_ threads: Int, _ seconds: Double) throws -> () throws -> Double
  }

  static var subjects: [Subject] {
    [
      // Faults only: a zap takes the lock for write, and two writers do not scale by design.
      soak("soak, faults", Workload.faults),
      soak("soak, faults and zaps", Workload.faultsAndZaps),
      Subject(name: "pthreads, faults") { threads, seconds in
        let configuration = Workload.configuration(threads: threads, mix: Workload.faults, isDisjoint: true)
        let prepared = PreparedRounds(configuration)
        return Baseline(prepared, configuration, prefersWriters: true, seconds: seconds).rate
      },
      // Well below 2, the other rows tell of the machine and not of the programs.
      Subject(name: "the machine: nothing shared") { threads, seconds in
        { cbaseline_count(UInt32(threads), seconds) }
      },
    ]
  }

  private static func soak(_ name: String, _ mix: OperationMix) -> Subject {
    Subject(name: name) { threads, seconds in
      let configuration = Workload.configuration(threads: threads, mix: mix, isDisjoint: true)
      return { try Workload.soakRate(configuration, seconds: seconds) }
    }
  }

  static func measure(_ options: Options) throws -> Table {
    var table = Table(
      title: "Scaling on disjoint ranges (operations a second, median of \(options.pairs) pairs)",
      header: ["program", "2 threads", "1 thread", "ratio", "pairs"])
    for subject in subjects {
      let two = try subject.prepare(2, options.seconds)
      let one = try subject.prepare(1, options.seconds)
      let pairs = try Paired(pairs: options.pairs, [two, one])
      let ratios = pairs.ratios(0, over: 1)
      table.add(
        [
          subject.name, thousands(pairs.medianRate(0)), thousands(pairs.medianRate(1)), decimal(median(ratios)),
          spread(ratios),
        ],
        judged: Table.Figure(name: "scaling of \(subject.name)", value: median(ratios)))
    }
    return table
  }
}
