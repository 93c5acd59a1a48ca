/// A Markdown document of this repository, read line by line: a test needs no more of Markdown than what kind of line
/// each is.
import Foundation
import Testing

struct Document: Sendable, CustomTestStringConvertible {
  /// The path from the root of the repository.
  let name: String
  let lines: [String]
  let kinds: [Kind]

  enum Kind: Equatable, Sendable {
    case blank, prose, heading, comment
    /// A line of an indented code block.
    case indented
    /// The first line of a fenced block, with its info string.
    case opening(String)
    case fenced
    case closing
  }

  init(name: String, text: String) {
    self.name = name
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    kinds = Self.kinds(of: lines)
  }

  var testDescription: String { name }

  func place(_ index: Int) -> String { "\(name):\(index + 1)" }

  private static func kinds(of lines: [String]) -> [Kind] {
    var kinds: [Kind] = []
    var fence: String?
    var isInList = false
    for line in lines {
      let text = line.trimmingCharacters(in: .whitespaces)
      let before = kinds.last ?? .blank
      if let marker = fence {
        kinds.append(text == marker ? .closing : .fenced)
        if text == marker { fence = nil }
        continue
      }
      if let match = text.prefixMatch(of: /(```+|~~~+)(.*)/) {
        fence = String(match.1)
        kinds.append(.opening(match.2.trimmingCharacters(in: .whitespaces)))
        continue
      }
      if text.isEmpty {
        kinds.append(.blank)
        continue
      }
      // What is indented below an item of a list goes on with the item.
      if line.prefixMatch(of: /\s*([-*+]|[0-9]+[.)])\s/) != nil {
        isInList = true
      } else if before == .blank, !line.hasPrefix(" ") {
        isInList = false
      }
      if line.hasPrefix("    "), !isInList, before == .blank || before == .indented {
        kinds.append(.indented)
      } else if line.prefixMatch(of: /#{1,6}\s/) != nil {
        kinds.append(.heading)
      } else {
        kinds.append(line.hasPrefix("<!--") ? .comment : .prose)
      }
    }
    return kinds
  }
}

// MARK: Those of this repository

extension Document {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// Those whose commands are run: what a user or a contributor reads.
  static let guides: [Document] = all.filter {
    $0.name == "README.md" || $0.name == "CONTRIBUTING.md" || $0.name.hasPrefix("docs/")
  }

  /// Every one that a person has written.
  static let all: [Document] = {
    let top = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
    let below = ["docs", "Benchmarks", "Sources", ".github"].flatMap { folder in
      files(in: folder).filter { !$0.contains("/.build/") }
    }
    return (top + below).filter { $0.hasSuffix(".md") }.sorted().compactMap(read)
  }()

  static func read(_ name: String) -> Document? {
    guard let text = try? String(contentsOf: root.appendingPathComponent(name), encoding: .utf8) else { return nil }
    return Document(name: name, text: text)
  }

  /// The files in a folder of the repository and below it, by their path from the root.
  static func files(in folder: String) -> [String] {
    let below = FileManager.default.enumerator(atPath: root.appendingPathComponent(folder).path)
    return (below?.compactMap { $0 as? String } ?? []).map { "\(folder)/\($0)" }.sorted()
  }

  static func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: root.appendingPathComponent(name).path)
  }
}
