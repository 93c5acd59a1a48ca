import ArgumentParser

/// Where record and report of a run go: what every command that makes a record takes.
struct OutputOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: .init(
      "Write the run record as JSON to FILE; '-' is standard output, the report then goes to standard error.",
      valueName: "file"))
  var json: String?

  @Flag(help: "Print the violations and the verdict line only, and no progress.")
  var quiet = false

  /// Checks that the record can be written, before anything runs.
  func file() throws -> RecordFile? { try json.map { try RecordFile(path: $0) } }
}
