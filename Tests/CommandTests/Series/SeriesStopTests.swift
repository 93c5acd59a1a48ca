/// A series that is asked to end just when it would start a command.
import Campaign
import Foundation
import Synchronization
import Testing

@Suite struct SeriesStopTests {
  /// Is asked to run something, and told to end before it has.
  private final class Stopped: SeriesLauncher {
    private let series = Mutex<Series?>(nil)

    func stops(_ series: Series) { self.series.withLock { $0 = series } }

    func run(_ arguments: [String], compiler: String, in folder: URL) -> SeriesLaunch? {
      series.withLock { $0 }?.requestStop()
      return nil
    }

    func interrupt() {}
  }

  @Test(.enabled(if: UserTree.source != nil, UserTree.why))
  func `what is not started any more is no fault`() throws {
    try Scratch.use { scratch in
      let tree = try UserTree(in: scratch)
      try ExitPath.repository(tree.root, adding: "/* nothing */\n")
      var configuration = try SeriesConfiguration.range("HEAD~1..HEAD", in: tree.root.path, scratch: scratch.folder)
      configuration.cache = scratch.folder.appendingPathComponent("cache")
      let launcher = Stopped()
      let series = Series(configuration: configuration, launcher: launcher)
      launcher.stops(series)
      let record = series.run()
      #expect(record.interrupted && record.harnessFaults == [], "\(record.harnessFaults)")
    }
  }
}
