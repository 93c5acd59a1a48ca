import ArgumentParser
import Campaign
import Foundation
import Reports

/// `stress merge`: the records of a campaign's shards as the record of the campaign.
struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Put the records of a campaign's shards together, as one run would have given it.",
    discussion: """
      Verdict, failure, schedules and the count of distinct ones are those of the whole campaign, whatever the number \
      of shards was; outcomes, coverage and checks are sums of all that ran. Of several failures the one with the \
      lowest schedule number counts, as a single run would have stopped there.

      EXAMPLES:
        stress explore --seed 7 --schedules 8000000 --shard 2/8 --json shard-2.json
        stress merge shard-*.json --json campaign.json --markdown summary.md

      EXIT CODES:
        0    no shard found a violation
        1    a violation
        64   bad usage, or records that are not the shards of one campaign
        70   a fault of the harness in a shard, or record or report could not be written
        130  a shard was interrupted or is missing, and no other found a violation
      """)

  @Argument(
    help: .init("The records of the shards, as --json has written them.", valueName: "record"),
    completion: RecordArgument.completion)
  var records: [String]

  @Flag(help: "Merge what is there of a campaign whose other shards are missing.")
  var allowMissing = false

  @OptionGroup var output: OutputOptions
  @OptionGroup var steps: StepOptions

  func run() throws {
    let files = try output.files()
    if let whole = try mergedSearch() {
      Signals.ignoreBrokenOutput()
      let isDelivered = Delivery(record: whole, files: files, isQuiet: output.quiet).perform()
      ExitStatus.leave(whole, signal: nil, isDelivered: isDelivered)
    }
    var merge = RecordMerge()
    for path in records {
      guard case .run(let shard) = try RecordArgument.read(path) else {
        throw ValidationError("'\(path)' is the record of a matrix, not of a shard")
      }
      do { try merge.add(shard, named: path) } catch { throw ValidationError(error.description) }
    }
    let record: RunRecord
    do {
      record = try merge.whole(allowsMissing: allowMissing)
    } catch {
      throw ValidationError(error.description)
    }
    Signals.ignoreBrokenOutput()
    let isDelivered = Delivery(record: record, files: files, isQuiet: output.quiet, isFull: steps.full).perform()
    ExitStatus.leave(record, signal: nil, isDelivered: isDelivered)
  }

  /// Of records of 'stress exhaust'; nil if the first is none.
  private func mergedSearch() throws -> ExhaustRecord? {
    guard let first = records.first, case .exhaust = try RecordArgument.read(first) else { return nil }
    let parts = try records.map { path in
      guard case .exhaust(let part) = try RecordArgument.read(path) else {
        throw ValidationError("'\(path)' is no record of 'stress exhaust', as the first one is")
      }
      return part
    }
    do { return try ExhaustRecord.merged(parts) } catch { throw ValidationError(error.description) }
  }
}
