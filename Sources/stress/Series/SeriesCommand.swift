import ArgumentParser
import Campaign
import Foundation
import KernelMMU
import Reports

/// `stress series`: each commit of a series by itself, and which of them breaks what.
struct SeriesCommand: CampaignCommand {
  static let configuration = CommandConfiguration(
    commandName: "series",
    abstract: "Build and run each commit of a series: which one breaks what, and which one mends it again.",
    discussion: """
      Each commit is built with clang and gcc, as far as they are there. Failures of its parent are replayed; if none \
      is left, pairs of operations are run that what it changes has to do with, all pairs with fewer executions, and \
      schedules, with one seed for all commits. What is found is tried on the commits before, so that it is told of \
      the one that brought it.

      Files are read from git's objects: a bare repository will do, and a checkout, its index and its branches are \
      left as they are. Mails are applied in a repository beside it, which is gone afterwards. What was found out \
      about a commit is remembered by the content of the files that are used: a second run, an amended commit or one \
      more at the end cost what has changed.

      EXAMPLES:
        stress series v7.3..HEAD --kernel-tree ~/linux
        stress series main..topic --kernel-tree ~/linux.git --mail reply.txt
        stress series main..topic --kernel-tree ~/linux --kcidb result.json --origin my_ci
        b4 am -o- MESSAGE-ID | stress series --mbox - --base v7.3 --kernel-tree ~/linux

      EXIT CODES:
        0    every commit builds, and none breaks a rule
        1    one breaks a rule, or does not build
        64   bad usage, nothing was started
        70   a fault of the harness, or record or report could not be written
        125  nothing could be tried: mails that do not apply, no commit that can be used
        130  ended by SIGINT, with report and record of what ran so far
        129  the same by SIGHUP
        143  the same by SIGTERM; a second signal ends the run at once
      """)

  @Argument(
    help: .init("The commit before the first one and the last one: BASE..TIP.", valueName: "base..tip"))
  var range: String?

  @OptionGroup var trials: TrialOptions<TriedCommit>

  @Option(
    parsing: .unconditional,
    help: .init(
      "Patches in place of a range: an mbox or a mail, as 'git am' takes them; '-' is standard input.",
      valueName: "file"), completion: .file())
  var mbox: String?

  @Option(parsing: .unconditional, help: .init("With --mbox: the commit that it applies to.", valueName: "commit"))
  var base: String?

  @Option(
    parsing: .unconditional,
    help: .init("Write the result in KernelCI's schema, KCIDB 5.3, as JSON to FILE.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var kcidb: String?

  @Option(
    parsing: .unconditional,
    help: .init("With --kcidb: the name by which KernelCI knows who submits. (default: stress)", valueName: "name"))
  var origin: String?

  @OptionGroup var counting: CoverageOptions
  @OptionGroup var output: OutputOptions

  /// It is nobody's subject: each commit is.
  var kernelOptions: KernelOptions? { nil }

  func validate() throws {
    guard (range == nil) != (mbox == nil) else {
      throw ValidationError("give either a range, BASE..TIP, or --mbox with --base")
    }
    guard (mbox == nil) == (base == nil) else { throw ValidationError("--mbox and --base go together") }
    guard origin == nil || kcidb != nil else { throw ValidationError("--origin goes with --kcidb") }
    if let origin, origin.wholeMatch(of: /[a-z0-9_]+/) == nil {
      throw ValidationError("--origin '\(origin)': allowed are small letters, digits and underscores")
    }
    if let kcidb, kcidb == output.record.json { throw ValidationError("--kcidb and --json name one file, '\(kcidb)'") }
    try counting.validate(output.reports)
  }

  func campaign() throws -> PreparedCampaign<Series> {
    let file = try kcidb.map { try OutputFile(path: $0, option: "--kcidb", allowsStandardOutput: false) }
    return try trials.prepare { scratch in
      let configuration = try configuration(scratch)
      let count = configuration.count
      return PreparedCampaign(
        engine: Series(configuration: configuration, launcher: SeriesChildren()),
        announcement: "\(count) commit\(count == 1 ? "" : "s") on \(configuration.baseName)",
        afterwards: { record in file.map { write(record, to: $0) } ?? true })
    }
  }

  /// True if it is there. What went wrong is told.
  private func write(_ record: SeriesRecord, to file: OutputFile) -> Bool {
    do {
      try file.write(Array(SeriesKCIDB.json(record, origin: origin ?? "stress")))
      return true
    } catch {
      StandardStreams.error.tell("the result for KernelCI was not written: \(error)")
      return false
    }
  }

  private func configuration(_ scratch: URL) throws -> SeriesConfiguration {
    var configuration = try trials.applied { () throws(SeriesError) in
      guard let mbox, let base else { return try .range(range ?? "", in: trials.repository, scratch: scratch) }
      return try .mails(try mails(mbox), on: base, in: trials.repository, scratch: scratch)
    }
    configuration.coverage = counting.coverage
    return configuration
  }

  private static let mostBytes = 64 << 20

  private func mails(_ path: String) throws(SeriesError) -> [UInt8] {
    do {
      return try AtomicFile.read(path == "-" ? "/dev/stdin" : path, limit: Self.mostBytes)
    } catch {
      throw SeriesError("cannot read --mbox '\(path)': \(error.reason)")
    }
  }
}
