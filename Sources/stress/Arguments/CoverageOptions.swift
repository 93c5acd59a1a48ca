import ArgumentParser

/// Whether what runs of a kernel's code is counted.
struct CoverageOptions: ParsableArguments {
  @Flag(
    help: """
      With --kernel-tree: count which lines and branches of its code run. The report and the record have it, and \
      --lcov writes it as a tracefile. What is found, and every token, is the same.
      """)
  var coverage = false

  func validate(_ kernel: KernelOptions, _ reports: ReportOptions) throws {
    if coverage && kernel.path == nil {
      throw ValidationError("--coverage counts lines of a kernel: it goes with --kernel-tree")
    }
    // Which accesses are left of those that no READ_ONCE() announces is for the optimizer to say.
    if coverage && (kernel.plainAccesses || kernel.checksRaces) {
      throw ValidationError(
        "--coverage changes which plain accesses the compiler leaves, and so the schedules: it excludes "
          + "--plain-accesses and --check-data-races")
    }
    try validate(reports)
  }

  func validate(_ reports: ReportOptions) throws {
    if reports.lcov != nil && !coverage { throw ValidationError("--lcov writes what --coverage has counted: add that") }
  }
}
