import Foundation
import Testing

/// Expected texts, one file each in `Tests/Golden`. `STRESS_UPDATE_GOLDEN=1 swift test` writes them anew.
enum Golden {
  static func expect(_ text: String, matches name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Golden").appendingPathComponent(name)
    if ProcessInfo.processInfo.environment["STRESS_UPDATE_GOLDEN"] == "1" {
      try Data(text.utf8).write(to: file)
    }
    let expected = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    #expect(text == expected, "Tests/Golden/\(name) differs", sourceLocation: sourceLocation)
  }
}
