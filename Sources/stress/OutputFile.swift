import ArgumentParser
import Campaign
import Foundation

/// Where a record or a report goes: a file, replaced as a whole or not at all; a device or pipe, written to as it is;
/// or standard output.
struct OutputFile {
  struct WriteError: Error, CustomStringConvertible {
    let path: String
    let code: Int32

    init(_ path: String, _ code: Int32) {
      self.path = path
      self.code = code
    }

    var description: String { "'\(path)': \(String(cString: strerror(code)))" }
  }

  private enum Target {
    case standardOutput
    case regular(path: String, mode: mode_t?)
    case special(path: String)
  }

  private let target: Target

  var isStandardOutput: Bool {
    if case .standardOutput = target { true } else { false }
  }

  /// Of two options that name one file the second would take the place of the first.
  static func checkDistinct(_ files: [(option: String, file: OutputFile)]) throws {
    var taken: [String: String] = [:]
    for (option, file) in files {
      guard case .regular(let path, _) = file.target else { continue }
      if let other = taken.updateValue(option, forKey: URL(fileURLWithPath: path).standardizedFileURL.path) {
        throw ValidationError("\(other) and \(option) name one file, '\(path)'; each needs its own")
      }
    }
  }

  /// Checks that it can be written, before a run starts that might be in vain. Changes nothing.
  /// - Parameters:
  ///   - option: the one that named the path, for messages.
  ///   - allowsStandardOutput: `-` stands for it.
  init(path: String, option: String, allowsStandardOutput: Bool = true) throws {
    guard path != "-" || !allowsStandardOutput else {
      target = .standardOutput
      return
    }
    guard !path.isEmpty, !path.hasPrefix("--"), !path.utf8.contains(0) else {
      let other = allowsStandardOutput ? ", or - for standard output" : ""
      throw ValidationError("\(option) needs a file name\(other) (not '\(path)')")
    }
    do {
      target = try Self.probe(path)
    } catch let error as WriteError {
      throw ValidationError(
        "cannot write \(option) \(error); allowed is a file in an existing, writable directory"
          + (allowsStandardOutput ? ", or -" : ""))
    }
  }

  func write(_ bytes: [UInt8]) throws {
    switch target {
    case .standardOutput:
      if let code = StandardStreams.write(bytes, to: STDOUT_FILENO) { throw WriteError("standard output", code) }
    case .special(let path):
      try Self.named(path) { () throws(AtomicFile.Failure) in
        try AtomicFile.fill(path, flags: O_WRONLY | O_CLOEXEC, bytes)
      }
    case .regular(let path, let mode):
      try Self.named(path) { () throws(AtomicFile.Failure) in try AtomicFile.replace(path, mode: mode, bytes) }
    }
  }

  private static func named(_ path: String, _ body: () throws(AtomicFile.Failure) -> Void) throws(WriteError) {
    do throws(AtomicFile.Failure) { try body() } catch { throw WriteError(path, error.code) }
  }

  private static func probe(_ path: String) throws -> Target {
    var status = stat()
    if stat(path, &status) != 0 {
      let code = errno
      var link = stat()
      // A link that leads nowhere would be replaced by the record; whoever made it meant its target.
      guard code == ENOENT, lstat(path, &link) != 0 else { throw WriteError(path, code) }
      try named(path) { () throws(AtomicFile.Failure) in try AtomicFile.probe(path) }
      return .regular(path: path, mode: nil)
    }
    let kind = status.st_mode & S_IFMT
    guard kind != S_IFDIR else { throw WriteError(path, EISDIR) }
    guard access(path, W_OK) == 0 else { throw WriteError(path, errno) }
    guard kind == S_IFREG else { return .special(path: path) }
    // The rename must hit the file and not a symbolic link to it.
    guard let resolved = realpath(path, nil) else { throw WriteError(path, errno) }
    defer { free(resolved) }
    let file = String(cString: resolved)
    try named(file) { () throws(AtomicFile.Failure) in try AtomicFile.probe(file) }
    return .regular(path: file, mode: status.st_mode & 0o7777)
  }
}
