import Foundation

/// A folder of one test, gone with it.
package struct Scratch: Sendable {
  package let folder: URL
  package var path: String { folder.path }

  package static func use<Value>(_ body: (Scratch) throws -> Value) throws -> Value {
    let scratch = try Scratch()
    defer { scratch.remove() }
    return try body(scratch)
  }

  fileprivate init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("stress-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  fileprivate func remove() { try? FileManager.default.removeItem(at: folder) }

  package func file(_ name: String) -> String { folder.appendingPathComponent(name).path }

  /// The content of a file, empty if there is none.
  package func text(_ name: String) -> String {
    FileManager.default.contents(atPath: file(name)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  package func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

  /// Writes a script that can be run.
  package func writeProgram(_ text: String, to name: String) throws {
    // By a child: a process that a test beside this one starts would inherit an open file, and a file that is open for
    // writing cannot be executed.
    let write = Process()
    write.executableURL = URL(fileURLWithPath: "/bin/sh")
    let line = "mkdir -p \"${0%/*}\" && rm -f \"$0\" && printf %s \"$1\" >\"$0\" && chmod 755 \"$0\""
    write.arguments = ["-c", line, file(name), text]
    try write.run()
    write.waitUntilExit()
  }

  /// Folders above it are made.
  package func write(_ bytes: [UInt8], to name: String) throws {
    let file = folder.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
  }

  /// All names in a folder of it, hidden ones too; none if there is no such folder.
  package func contents(of name: String = "") -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: file(name))) ?? []).sorted()
  }
}

/// The same for a test that is no closure: gone when this is.
package struct OwnedScratch: ~Copyable {
  package let scratch: Scratch
  package var folder: URL { scratch.folder }

  package init() throws { scratch = try Scratch() }

  deinit { scratch.remove() }

  package func write(_ text: String, to name: String) throws { try scratch.write(text, to: name) }
}
