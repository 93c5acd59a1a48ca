import Campaign
import Foundation
import Testing

/// The article of the library's documentation is what its code does. That the code needs no more than the public
/// interface, scripts/documentation checks.
@Suite struct LibraryArticleTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private func lines(_ path: String) throws -> [Substring] {
    try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// The lines between each `start` and the `end` after it.
  private func blocks(_ lines: [Substring], from start: String, to end: String) -> [String] {
    var found: [[Substring]] = []
    var isInside = false
    for line in lines {
      if isInside && line.hasSuffix(end) {
        isInside = false
      } else if isInside {
        found[found.count - 1].append(line)
      } else if line.hasSuffix(start) {
        isInside = true
        found.append([])
      }
    }
    return found.map { $0.joined(separator: "\n") }
  }

  @Test func `the article quotes code that is compiled`() throws {
    let article = try lines("Sources/Campaign/Campaign.docc/UsingTheLibrary.md")
    let code = try lines("Tests/CampaignTests/Library/UsingTheLibrary.swift").map { $0.trimmingPrefix("  ") }
    let quoted = blocks(article, from: "```swift", to: "```")
    #expect(quoted.count == 5)
    #expect(quoted == blocks(code, from: "// quote", to: "// quote end"))
  }

  @Test func `what the article does finds a violation, and repeats it from a file`() throws {
    try Scratch.use { scratch in
      let record = explored()
      let found = try #require(try found(record))
      #expect(found.line.hasPrefix("MAP-1 at schedule 171: leaf pfn "))
      let same = try written(record, to: URL(fileURLWithPath: scratch.file("record.json")))
      #expect(same == record)
      let isRepeated = try replayed(found.token, keptIn: scratch.file("failures"))
      #expect(isRepeated)
      #expect(throws: (any Error).self) { try exploredKernel(at: scratch.file("none")) }
    }
  }
}
