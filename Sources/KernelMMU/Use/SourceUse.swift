/// Which functions of a tree's files the compiler was given, which of them anything calls, and which are answered by
/// the harness: what a verdict is about, and what it is not.
///
/// Made with a kernel and kept beside it in the cache.
import Foundation

package struct SourceUse: Codable, Sendable, Equatable {
  @usableFromInline package enum State: String, Codable, Sendable, CaseIterable {
    /// Compiled, and the harness or what it calls mentions it.
    case used
    /// Compiled, and nothing that runs mentions it.
    case uncalled = "never called"
    /// Not compiled: the harness has something in its place.
    case answered
    case unused = "not compiled"
  }

  package enum Kind: String, Codable, Sendable { case function, macro, type, variable }

  package struct Item: Codable, Sendable, Equatable {
    package var name: String
    package var kind: Kind
    /// Of its first and its last token, from 1.
    package var line: Int
    package var lastLine: Int
    package var state: State
    /// What stands in its place: a file of the tool, and a function if it has another name. Else empty.
    package var by: String
    /// Lines in it that the preprocessor leaves out, first and last of each part.
    package var leftOut: [[Int]]

    package init(name: String, kind: Kind, line: Int, lastLine: Int, state: State, by: String, leftOut: [[Int]]) {
      self.name = name
      self.kind = kind
      self.line = line
      self.lastLine = lastLine
      self.state = state
      self.by = by
      self.leftOut = leftOut
    }

    /// As a reader knows it: `f()` for a function.
    package var shown: String { kind == .function ? name + "()" : name }
  }

  package struct File: Codable, Sendable, Equatable {
    package var path: String
    /// The compiler reads it as it is; of other files, single definitions are taken.
    package var isWhole: Bool
    /// In the order of their lines.
    package var items: [Item]

    package init(path: String, isWhole: Bool, items: [Item]) {
      self.path = path
      self.isWhole = isWhole
      self.items = items
    }

    package var functions: [Item] { items.filter { $0.kind == .function } }

    package func count(_ states: State...) -> Int { functions.count { states.contains($0.state) } }
  }

  /// By path. Files of which nothing is taken are not among them.
  package var files: [File]

  package func file(_ path: String) -> File? { files.first { $0.path == path } }

  static let fileName = "functions.json"
  /// Grows when what is kept changes: older entries of the cache are not read then.
  static let formatVersion = 1

  func write(in entry: URL) throws(KernelBuildError) {
    let url = entry.appendingPathComponent(Self.fileName)
    if let code = CacheFile.write(Array((try? json()) ?? Data()), to: url) {
      throw .unwritable(entry.deletingLastPathComponent().deletingLastPathComponent(), code)
    }
  }

  /// - Returns: nil if there is none, or none that can be read.
  package init?(in entry: URL) {
    guard let data = try? Data(contentsOf: entry.appendingPathComponent(Self.fileName)),
      let use = try? JSONDecoder().decode(SourceUse.self, from: data)
    else { return nil }
    self = use
  }

  package init(files: [File]) { self.files = files }

  /// For programs. Equal contents are equal bytes.
  package func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return try encoder.encode(self) + Data("\n".utf8)
  }
}
