import ArgumentParser

/// How much of an interleaving a report shows.
struct StepOptions: ParsableArguments {
  @Flag(help: "Show every step of an interleaving, also those that do not matter.")
  var full = false
}
