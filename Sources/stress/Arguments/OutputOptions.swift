import ArgumentParser

/// Where record and reports go, and how much is printed.
protocol OutputGroup: ParsableArguments {
  var record: RecordOptions { get }
  var showsAllSteps: Bool { get }
  /// Checks that all can be written, before anything runs.
  func files() throws -> OutputFiles
}

extension OutputGroup {
  var quiet: Bool { record.quiet }
  var showsAllSteps: Bool { false }
}

/// Where record and reports of a run go: what every command that makes a run's record takes.
struct OutputOptions: OutputGroup {
  @OptionGroup var record: RecordOptions
  @OptionGroup var reports: ReportOptions
  @OptionGroup var steps: StepOptions

  var showsAllSteps: Bool { steps.full }

  func files() throws -> OutputFiles { try OutputFiles(json: record.json, reports: reports) }
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
    try OutputFile.checkDistinct(
      (record.map { [("--json", $0)] } ?? []) + self.reports.map { ("--\($0.format.rawValue)", $0.file) })
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
