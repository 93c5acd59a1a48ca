import Foundation
import Testing

/// Expected texts, one file each in `Tests/Golden`. `STRESS_UPDATE_GOLDEN=1 swift test` writes them anew.
enum Golden {
  static func expect(_ text: String, matches name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    if ProcessInfo.processInfo.environment["STRESS_UPDATE_GOLDEN"] == "1" {
      try Data(text.utf8).write(to: file(name))
    }
    let expected = String(decoding: try data(name), as: UTF8.self)
    #expect(text == expected, "Tests/Golden/\(name) differs", sourceLocation: sourceLocation)
  }

  static func data(_ name: String) throws -> Data { try Data(contentsOf: file(name)) }

  private static func file(_ name: String) -> URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Golden").appendingPathComponent(name)
  }
}
