import ArgumentParser
import Foundation
import Reports

/// `stress report`: shows a record again, in any form, without running anything.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Show the record of a run, an exploration or a matrix again, in any form, or compare two.",
    discussion: """
      A record is what --json has written. All that a report shows stands in it, so nothing is run. Several forms can \
      be written at once; without any the report is printed as text.

      --compare takes two records, or two folders of them, such as scripts/soak leaves: it says what fails in the \
      second and not in the first, what is fixed, which races were not met any more, and what is slower by more than \
      a fifth, which on a shared machine may be noise. Records of two campaigns are not compared.

      EXAMPLES:
        stress report record.json
        stress report record.json --junit junit.xml --markdown summary.md
        stress report record.json --perfetto trace.json
        stress report --compare soak-monday soak-tuesday

      EXIT CODES:
        0    all was written, whatever the record's verdict is; with --compare: nothing new fails
        1    with --compare: something new fails
        64   bad usage, no record that this version can read, or nothing that can be compared
        70   a report could not be written; with --compare: a new fault of the harness
        130  with --compare: nothing new, but the second did not end by itself, or lacks what the first has
      """)

  @Argument(help: RecordArgument.help, completion: RecordArgument.completion) var records: [String]

  @Flag(help: "Compare two records, or two folders of records.")
  var compare = false

  @OptionGroup var reports: ReportOptions

  func validate() throws {
    guard records.count == (compare ? 2 : 1) else {
      throw ValidationError(
        compare
          ? "--compare takes two records or two folders, not \(records.count)"
          : "one record at a time; --compare takes two")
    }
  }

  func run() throws {
    let files = try reports.files()
    Signals.ignoreBrokenOutput()
    if compare {
      guard files.isEmpty else { throw ValidationError("--compare prints; it takes no other form of report") }
      return try printComparison()
    }
    let record = try RecordArgument.read(records[0])
    if files.isEmpty {
      return try print(record)
    }
    if files.map({ $0.write(record) }).contains(false) { throw ExitCode(ExitStatus.harnessFault) }
  }

  private func print(_ record: Record) throws {
    let text = reports.width.render(to: .output) { ReportFormat.text.render(record) }
    try tell(text, "report")
  }

  private func printComparison() throws {
    let nights = try records.map(NightArgument.read)
    let comparison = Comparison(nights[0], nights[1])
    try tell(reports.width.render(to: .output) { comparison.render() }, "comparison")
    let status = ExitStatus.of(comparison)
    if status != ExitStatus.clean { throw ExitCode(status) }
  }

  private func tell(_ text: String, _ what: String) throws {
    let failure = StandardStreams.output.write(text)
    guard let failure, failure != EPIPE else { return }
    StandardStreams.error.tell("the \(what) was not written: \(String(cString: strerror(failure)))")
    throw ExitCode(ExitStatus.harnessFault)
  }
}
