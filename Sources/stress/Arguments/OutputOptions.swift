import ArgumentParser

/// Where record and reports of a run go: what every command that makes a record takes.
struct OutputOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: .init(
      "Write the run record as JSON to FILE; '-' is standard output, what is printed then goes to standard error.",
      valueName: "file"), completion: .file(extensions: ["json"]))
  var json: String?

  @OptionGroup var reports: ReportOptions

  @Flag(help: "Print the violations and the verdict line only, and no progress.")
  var quiet = false

  /// Checks that all can be written, before anything runs.
  func files() throws -> OutputFiles { try OutputFiles(json: json, reports: reports) }
}

/// Where a record and the reports made from it go.
struct OutputFiles {
  let record: OutputFile?
  let reports: [ReportFile]
  let width: WidthOptions

  init(json: String?, reports: ReportOptions) throws {
    width = reports.width
    record = try json.map { try OutputFile(path: $0, option: "--json") }
    self.reports = try reports.files(besides: record?.isStandardOutput == true ? "--json" : nil)
  }

  init(json: String?, width: WidthOptions) throws {
    self.width = width
    record = try json.map { try OutputFile(path: $0, option: "--json") }
    reports = []
  }

  /// Where what is printed goes.
  var stream: StandardStreams { takeStandardOutput ? .error : .output }

  /// What is printed goes to standard error then.
  var takeStandardOutput: Bool {
    record?.isStandardOutput == true || reports.contains { $0.file.isStandardOutput }
  }
}
