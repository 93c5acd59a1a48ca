/// Which build of the tool this is: its version and, where the scripts that built or installed it have noted it beside
/// the executable, the commit.
import Foundation

public struct ToolBuild: Codable, Sendable, Equatable {
  public static let version = "0.1.0"

  public var version: String
  /// Null where it was built by other means than `scripts/stress` and its like.
  @NullIfAbsent public var commit: String?
  /// The sources differed from the commit.
  public var hasChanges: Bool

  package init(version: String, commit: String?, hasChanges: Bool) {
    self.version = version
    self.commit = commit
    self.hasChanges = hasChanges
  }

  public static let current = ToolBuild(executable: Bundle.main.executablePath ?? "")

  /// For people, on one line.
  public var text: String {
    "stress \(version)" + (commit.map { ", commit \($0.prefix(12))" + (hasChanges ? " with local changes" : "") } ?? "")
  }

  /// Beside the executable stands `NAME.commit`: the size and the time of what it is about, and the commit. What was
  /// built by other means since then has another time.
  package init(executable: String) {
    self.init(version: Self.version, commit: nil, hasChanges: false)
    guard let note = try? String(contentsOfFile: executable + ".commit", encoding: .utf8) else { return }
    let words = note.split(whereSeparator: \.isWhitespace)
    var status = stat()
    guard words.count >= 3, stat(executable, &status) == 0, words[0] == "\(status.st_size)",
      words[1] == "\(status.st_mtim.tv_sec)", words[2].allSatisfy(\.isHexDigit)
    else { return }
    commit = String(words[2])
    hasChanges = words.dropFirst(3).first == "changed"
  }
}
