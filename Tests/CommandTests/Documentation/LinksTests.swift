import Foundation
import Testing

/// What a document refers to is there.
@Suite struct DocumentLinksTests {
  /// By name of the document.
  private static let anchors = Dictionary(uniqueKeysWithValues: Document.all.map { ($0.name, $0.anchors) })

  @Test(arguments: Document.all)
  func `links lead to files and headings that there are`(document: Document) {
    for link in document.links where link.text.prefixMatch(of: /[a-z]+:/) == nil {
      let parts = link.text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
      let path = parts[0].isEmpty ? document.name : document.resolve(parts[0].removingPercentEncoding ?? "")
      guard Document.exists(path) else {
        Issue.record("\(link.place): \(link.text) leads nowhere: there is no \(path)")
        continue
      }
      guard parts.count == 2, path.hasSuffix(".md"), let anchors = Self.anchors[path] else { continue }
      #expect(anchors.contains(String(parts[1])), "\(link.place): \(path) has no heading for #\(parts[1])")
    }
  }

  private static let folders = [
    "Sources", "Tests", "docs", "scripts", "Expected", "Benchmarks", "CAtomics", ".github", ".ci",
  ]

  /// The change log tells of files that have been.
  @Test(arguments: Document.all.filter { $0.name != "CHANGELOG.md" })
  func `files that a document names are there`(document: Document) {
    for span in document.codeSpans {
      guard span.text.wholeMatch(of: /[A-Za-z0-9_.+\/-]+/) != nil, span.text.contains("/"),
        let first = span.text.split(separator: "/").first, Self.folders.contains(String(first))
      else { continue }
      let isThere = Document.exists(span.text) || Document.exists(document.resolve(span.text))
      #expect(isThere, "\(span.place): there is no \(span.text)")
    }
  }
}
