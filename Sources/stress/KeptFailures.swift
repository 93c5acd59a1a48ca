import Campaign
import Foundation

/// Tells where the failures of a run are kept. That one could not be kept, the engine has told.
enum KeptFailures {
  static func tell(_ record: RunRecord) {
    for violation in record.violations {
      guard let token = try? Token(parsing: violation.reproduction?.token ?? "") else { continue }
      let path = "\(FailureArchive.currentDirectory)/\(FailureArchive.name(of: token))"
      if access(path, F_OK) == 0 { StandardStreams.error.write("stress: kept in \(path)\n") }
    }
  }
}

extension ReportingCommand {
  /// For a campaign's end.
  func tellKept(_ record: RunRecord) -> Bool {
    if !output.quiet { KeptFailures.tell(record) }
    return true
  }
}
