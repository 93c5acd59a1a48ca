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

  /// For `--version`: `text`, and the digest of the executable, as far as both are noted.
  package static func line(executable: String) -> String {
    let digest = note(of: executable)?.first { $0.hasPrefix("sha256:") }?.dropFirst("sha256:".count).prefix(12)
    return ToolBuild(executable: executable).text + (digest.map { ", build \($0)" } ?? "")
  }

  package init(executable: String) {
    self.init(version: Self.version, commit: nil, hasChanges: false)
    guard let note = Self.note(of: executable) else { return }
    commit = note.first.map(String.init)
    hasChanges = note.contains("changed")
  }

  /// Beside the executable stands `NAME.commit`: the size and the time of what it is about, the commit, and words more.
  /// What was built by other means since then has another time.
  /// - Returns: the commit and the words behind it.
  private static func note(of executable: String) -> ArraySlice<Substring>? {
    guard let note = try? String(contentsOfFile: executable + ".commit", encoding: .utf8) else { return nil }
    let words = note.split(whereSeparator: \.isWhitespace)
    var status = stat()
    guard words.count >= 3, stat(executable, &status) == 0, words[0] == "\(status.st_size)",
      words[1] == "\(status.st_mtim.tv_sec)", words[2].allSatisfy(\.isHexDigit)
    else { return nil }
    return words[2...]
  }
}
