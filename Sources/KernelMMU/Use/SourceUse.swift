/// Which functions of a tree's files the compiler was given, which of them anything calls, and which are answered by
/// the harness: what a verdict is about, and what it is not.
///
/// Made with a kernel and kept beside it in the cache.
import Foundation

public struct SourceUse: Codable, Sendable, Equatable {
  public enum State: String, Codable, Sendable, CaseIterable {
    /// Compiled, and the harness or what it calls mentions it.
    case used
    /// Compiled, and nothing that runs mentions it.
    case uncalled = "never called"
    /// Not compiled: the harness has something in its place.
    case answered
    case unused = "not compiled"
  }

  public enum Kind: String, Codable, Sendable { case function, macro, type, variable }

  public struct Item: Codable, Sendable, Equatable {
    public var name: String
    public var kind: Kind
    /// Of its first and its last token, from 1.
    public var line: Int
    public var lastLine: Int
    public var state: State
    /// What stands in its place: a file of the tool, and a function if it has another name. Else empty.
    public var by: String
    /// Lines in it that the preprocessor leaves out, first and last of each part.
    public var leftOut: [[Int]]

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
    public var shown: String { kind == .function ? name + "()" : name }
  }

  public struct File: Codable, Sendable, Equatable {
    public var path: String
    /// The compiler reads it as it is; of other files, single definitions are taken.
    public var isWhole: Bool
    /// In the order of their lines.
    public var items: [Item]

    package init(path: String, isWhole: Bool, items: [Item]) {
      self.path = path
      self.isWhole = isWhole
      self.items = items
    }

    public var functions: [Item] { items.filter { $0.kind == .function } }

    public func count(_ states: State...) -> Int { functions.count { states.contains($0.state) } }
  }

  /// By path. Files of which nothing is taken are not among them.
  public var files: [File]

  public func file(_ path: String) -> File? { files.first { $0.path == path } }

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
