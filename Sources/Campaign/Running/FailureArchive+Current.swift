import Episodes

/// Where failures are kept if nobody says so.
extension FailureArchive {
  /// Below the working directory, if that is in no kernel tree.
  package static let defaultDirectory = "\(StateFolder.name)/failures"
  /// Of this process.
  package static let currentDirectory = "\(StateFolder.current)/failures"

  package init() { self.init(directory: Self.currentDirectory) }
}
