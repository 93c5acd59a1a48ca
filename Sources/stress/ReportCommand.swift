import ArgumentParser
import Reports

/// `stress report`: shows a record again, in any form, without running anything.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Show the record of a run, an exploration or a matrix again, in any form.",
    discussion: """
      A record is what --json has written. All that a report shows stands in it, so nothing is run. Several forms can \
      be written at once; without any the report is printed as text.

      EXAMPLES:
        stress report record.json
        stress report record.json --junit junit.xml --markdown summary.md
        stress report record.json --perfetto trace.json

      EXIT CODES:
        0    all was written, whatever the record's verdict is
        64   bad usage, or no record that this version can read
        70   a report could not be written
      """)

  @Argument(help: RecordArgument.help) var record: String

  @OptionGroup var reports: ReportOptions

  func run() throws {
    var files = try reports.files()
    let record = try RecordArgument.read(record)
    Signals.ignoreBrokenOutput()
    if files.isEmpty {
      files = [ReportFile(format: .text, file: try OutputFile(path: "-", option: "--text"))]
    }
    if files.map({ $0.write(record) }).contains(false) { throw ExitCode(ExitStatus.harnessFault) }
  }
}
