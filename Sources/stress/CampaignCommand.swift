/// A command that runs an engine: options in, a record and reports out, an exit code.
import ArgumentParser
import Campaign
import Foundation

/// A command that leaves a record and prints a report.
protocol ReportingCommand: ParsableCommand {
  associatedtype Output: OutputGroup
  var output: Output { get }
}

protocol CampaignCommand: ReportingCommand {
  associatedtype Runner: CampaignEngine

  /// The option of a user's own kernel; nil for a command that has none.
  var kernelOptions: KernelOptions? { get }
  /// Called once, before anything runs: what is wrong with the options is thrown.
  func campaign() throws -> PreparedCampaign<Runner>
}

/// An engine that is ready, and what is done before and after it.
struct PreparedCampaign<Runner: CampaignEngine> {
  let engine: Runner
  /// What is known beforehand, told before anything runs: whatever happens next, it is known.
  let announcement: String
  /// Done once the record has been brought to its reader.
  /// - Returns: whether that too went where it should.
  var afterwards: (Runner.Record) -> Bool = { _ in true }
  var conclusion: (Runner.Record) -> Conclusion = { $0.conclusion }
  /// Threads may go on in the tables: the process has to end around them.
  var leavesThreads = false
}

extension CampaignCommand {
  func run() throws {
    // What a second process watches over is judged by that.
    let bisection = self is any IsolatedCommand ? nil : kernelOptions.flatMap { Bisection($0) }
    bisection?.refuseWhatCannotBeJudged()
    let files = try output.files()
    let campaign = try campaign()
    let signals = Signals(onFirst: { [engine = campaign.engine] in engine.requestStop() })
    StandardStreams.error.write(campaign.announcement + "\n")

    var progress = Progress(quiet: output.quiet)
    let record = campaign.engine.carryOut(
      { progress.update($0) }, { StandardStreams.error.write("stress: \($0)\n") })
    progress.finish()

    var isDelivered = Delivery(record: record, files: files, output: output).perform()
    isDelivered = campaign.afterwards(record) && isDelivered
    let end = ExitStatus.End(
      campaign.conclusion(record), isInterrupted: record.interrupted, signal: signals.received,
      isDelivered: isDelivered)
    if let bisection { _exit(bisection.end(end.status)) }
    if kernelOptions?.bisect ?? false, record.conclusion == .harnessFault { _exit(ExitStatus.notSupported) }
    if campaign.leavesThreads { _exit(end.status) }
    end.leave()
  }
}
