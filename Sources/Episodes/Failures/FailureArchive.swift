import Foundation
import Machine

/// The failures that were found in a working directory: one file each, named by what it shows.
///
/// `ORD-2-0123456789abcdef.txt`, rule and event hash of the minimal execution, holds comments and a token. The same
/// failure found twice is one file, whose content depends on nothing but the failure.
public struct FailureArchive: Sendable {
  /// Bytes of a file. Longer ones are neither written nor read.
  package static let sizeLimit = 1 << 20

  public struct Entry: Sendable, Equatable {
    public var name: String
    public var path: String
  }

  public let directory: String

  public init(directory: String) { self.directory = directory }

  // MARK: Writing

  /// Keeps a failure. The file is there as a whole or not at all, whatever happens meanwhile.
  /// - Parameter comments: further lines for people, for example the command that found it.
  /// - Returns: the file's path.
  @discardableResult
  public func store(_ token: Token, comments: [String] = []) throws(FailureError) -> String {
    let content = Array(Self.content(token, comments).utf8)
    let path = "\(directory)/\(Self.name(of: token))"
    guard content.count <= Self.sizeLimit else {
      throw FailureError("cannot keep '\(path)': the token is longer than \(Self.sizeLimit) bytes")
    }
    do {
      try AtomicFile.createDirectory(directory)
    } catch {
      throw FailureError("cannot create the directory '\(directory)': \(error.reason)")
    }
    do {
      try AtomicFile.replace(path, content)
    } catch {
      throw FailureError("cannot write '\(path)': \(error.reason)")
    }
    return path
  }

  /// The name of a failure's file.
  package static func name(of token: Token) -> String {
    "\(token.checker.name)-\(token.eventHash.paddedHex).txt"
  }

  private static func content(_ token: Token, _ comments: [String]) -> String {
    let episode = token.episode
    let lines =
      [
        "\(token.checker.name): \(token.checker.rule)",
        subject(of: token) + "policy \(episode.policy.rawValue), scenario \(episode.scenario)",
      ] + comments.flatMap { $0.split(whereSeparator: \.isNewline).map(String.init) }
    return lines.map { "# \($0)\n" }.joined() + token.text + "\n"
  }

  private static func subject(of token: Token) -> String {
    if let tree = token.kernelTree { return "kernel tree \(SeedText.format(tree)), " }
    return "protocol \(token.protocolName.rawValue), mutant \(token.mutant?.rawValue ?? "none"), "
  }

  // MARK: Reading

  /// All files that may hold a failure, by name. None if there is no such directory.
  public func list() throws(FailureError) -> [Entry] {
    guard let stream = opendir(directory) else {
      let code = errno
      if code == ENOENT { return [] }
      throw FailureError("cannot read the directory '\(directory)': \(String(cString: strerror(code)))")
    }
    defer { closedir(stream) }
    var names: [String] = []
    let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
    while let entry = readdir(stream) {
      // In place: an entry is as long as its name, and may be shorter than the type.
      let name = String(cString: UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self))
      // A file that is being written begins with a dot.
      if name.hasSuffix(".txt") && !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted().map { Entry(name: $0, path: "\(directory)/\($0)") }
  }

  /// The token in a file: that of its first line that is one, or the command that replays one. Comments and all else
  /// are skipped.
  public static func read(_ path: String) throws(FailureError) -> Token {
    let bytes: [UInt8]
    do {
      bytes = try AtomicFile.read(path, limit: sizeLimit)
    } catch {
      throw FailureError("cannot read '\(path)': \(error.reason)")
    }
    for line in bytes.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }) {
      guard let text = Token.word(in: String(decoding: line, as: UTF8.self)) else { continue }
      do {
        return try Token(parsing: text)
      } catch {
        throw FailureError("'\(path)': \(error.message)")
      }
    }
    throw FailureError("'\(path)' holds no token: one stands on a line of its own and begins with \(Token.beginnings)")
  }

  /// The lines of a file that say what found its failure.
  static func origin(of path: String) -> [String] {
    let text = (try? AtomicFile.read(path, limit: sizeLimit)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    return text.split(separator: "\n").filter { $0.hasPrefix("# found by: ") }.map { String($0.dropFirst(2)) }
  }
}

extension FailureArchive {
  /// Puts a smaller execution of the same failure in the place of a kept one. A file that is none of an archive's, by
  /// its name, is somebody's own and left alone.
  /// - Returns: the new file's path; nil if nothing was to be done.
  package static func replace(_ path: String, of kept: Token, by smaller: Token) throws(FailureError) -> String? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard let name = parts.last, name == Self.name(of: kept), smaller != kept else { return nil }
    let folder = parts.dropLast().joined(separator: "/")
    let archive = FailureArchive(directory: parts.count == 1 ? "." : folder.isEmpty ? "/" : folder)
    let new = try archive.store(smaller, comments: origin(of: path))
    if Self.name(of: smaller) != name { unlink(path) }
    return new
  }

  /// Removes a file that another one has taken the place of.
  package static func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: path) }
}
