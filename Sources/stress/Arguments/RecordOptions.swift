import ArgumentParser

/// What every command that leaves a record takes.
struct RecordOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: .init(
      "Write the record as JSON to FILE; '-' is standard output, what is printed then goes to standard error.",
      valueName: "file"), completion: .file(extensions: ["json"]))
  var json: String?

  @Flag(help: "Print what was found and the verdict line only, and no progress.")
  var quiet = false
}
