import Executions

/// What is told of a schedule that could not be followed.
extension Replayer.Outcome {
  var parting: String {
    "the schedule cannot be followed: it parted at step \(steps + 1), where the subject does not offer the recorded "
      + "choice; the token was made by another version, or for a subject that has changed since, or, for a kernel with "
      + "plain accesses, with another compiler"
  }
}
