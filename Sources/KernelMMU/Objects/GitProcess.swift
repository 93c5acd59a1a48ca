/// Runs git so that it writes nothing into the repository that it reads: no lock, no index, no hook, nothing fetched.
import Foundation

struct GitProcess {
  struct Result {
    var status: Int32
    var output: Data
    /// What git says on standard error, without what only its own users need.
    var errors: String

    /// The first line that says what is wrong.
    var reason: String {
      let lines = errors.split(separator: "\n").map { line in
        ["fatal: ", "error: "].first { line.hasPrefix($0) }.map { String(line.dropFirst($0.count)) } ?? String(line)
      }
      return lines.first { !$0.isEmpty && !$0.hasPrefix("warning: ") && !$0.hasPrefix("hint: ") } ?? "git failed"
    }
  }

  /// Folder for what goes in and what comes out.
  let scratch: URL
  /// Variables beside those that every call has.
  var environment: [String: String] = [:]

  private static let numbers = Numbers()

  /// - Parameters:
  ///   - repository: where git looks, as `-C` does.
  ///   - input: what it reads from standard input.
  /// - Returns: nil if git is not there, or cannot be started.
  func run(_ arguments: [String], in repository: URL, input: Data? = nil) -> Result? {
    guard let git = Subprocess.find("git") else { return nil }
    let number = Self.numbers.next()
    func file(_ name: String) -> URL { scratch.appendingPathComponent("git-\(number).\(name)") }
    let (out, err, given) = (file("out"), file("err"), file("in"))
    defer { for url in [out, err, given] { try? FileManager.default.removeItem(at: url) } }
    for url in [out, err] where !FileManager.default.createFile(atPath: url.path, contents: nil) { return nil }
    guard let output = FileHandle(forWritingAtPath: out.path), let errors = FileHandle(forWritingAtPath: err.path)
    else { return nil }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: git)
    process.arguments =
      ["-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false"]
      + ["-C", repository.path] + arguments
    if let input {
      guard (try? input.write(to: given)) != nil, let handle = FileHandle(forReadingAtPath: given.path) else {
        return nil
      }
      process.standardInput = handle
    } else {
      process.standardInput = FileHandle.nullDevice
    }
    process.standardOutput = output
    process.standardError = errors
    // Inside a hook or a rebase these would name another repository.
    var all = ProcessInfo.processInfo.environment
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"] {
      all[name] = nil
    }
    let own = [
      "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none", "GIT_TERMINAL_PROMPT": "0",
      "LC_ALL": "C",
    ]
    process.environment = all.merging(own) { $1 }.merging(environment) { $1 }
    do { try process.run() } catch { return nil }
    process.waitUntilExit()
    try? output.close()
    try? errors.close()
    let text = (try? Data(contentsOf: err)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    return Result(
      status: process.terminationStatus, output: (try? Data(contentsOf: out)) ?? Data(), errors: text)
  }
}

/// One after the other, for names that no two calls share.
private final class Numbers: @unchecked Sendable {
  private let lock = NSLock()
  private var last = 0

  func next() -> Int {
    lock.withLock {
      last += 1
      return last
    }
  }
}
