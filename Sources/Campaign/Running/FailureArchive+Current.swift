import Episodes

/// Where failures are kept if nobody says so.
extension FailureArchive {
  /// Below the working directory, if that is in no kernel tree.
  public static let defaultDirectory = "\(StateFolder.name)/failures"
  /// Of this process.
  public static let currentDirectory = "\(StateFolder.current)/failures"

  public init() { self.init(directory: Self.currentDirectory) }
}
