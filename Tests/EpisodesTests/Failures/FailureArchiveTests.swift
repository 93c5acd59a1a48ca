import Episodes
import Foundation
import Machine
import MirrorMMU
import TestSupport
import Testing

@Suite struct FailureArchiveTests {
  private let token = Tokens.minimized()

  private func refusal(reading path: String) -> String? {
    do {
      _ = try FailureArchive.read(path)
      return nil
    } catch {
      return error.message
    }
  }

  private func refusal(storing token: Token, in directory: String) -> String? {
    do {
      try FailureArchive(directory: directory).store(token)
      return nil
    } catch {
      return error.message
    }
  }

  private func refusal(listing directory: String) -> String? {
    do {
      _ = try FailureArchive(directory: directory).list()
      return nil
    } catch {
      return error.message
    }
  }

  @Test func `a failure is kept under its rule and hash, with comments, and found again`() throws {
    try Scratch.use { scratch in
      let archive = FailureArchive(directory: scratch.file("a/b/failures"))
      let path = try archive.store(token, comments: ["seed 0x7", "two\nlines"])
      #expect(path == scratch.file("a/b/failures/MAP-1-fedcba9876543210.txt"))
      #expect(
        scratch.text("a/b/failures/MAP-1-fedcba9876543210.txt") == """
          # MAP-1: a fault maps what no zap covered since its lookup, as asked; it stays until a zap covers \
          it, then it is gone
          # protocol mainline, mutant recover-invalidated, policy huge, scenario fault-invalidate
          # seed 0x7
          # two
          # lines
          \(token.text)

          """)
      #expect(try FailureArchive.read(path) == token)
      #expect(scratch.contents(of: "a/b/failures") == ["MAP-1-fedcba9876543210.txt"])
    }
  }

  @Test func `the same failure is one file, others are others, listed by name`() throws {
    try Scratch.use { scratch in
      let archive = FailureArchive(directory: scratch.path)
      #expect(try archive.list().isEmpty)
      var other = token
      other.eventHash = 1
      var rule = token
      rule.checker = .bug1
      for token in [token, other, rule, token] { try archive.store(token) }
      try scratch.write("m1:being-written", to: ".stress-1-abc")
      try scratch.write("", to: "notes.md")
      let names = ["BUG-1-fedcba9876543210.txt", "MAP-1-0000000000000001.txt", "MAP-1-fedcba9876543210.txt"]
      #expect(try archive.list().map(\.name) == names)
      #expect(try archive.list().map(\.path) == names.map { scratch.file($0) })
      #expect(try FailureArchive.read(scratch.file(names[1])) == other)
    }
  }

  @Test func `a directory that is not there holds no failures`() throws {
    try Scratch.use { scratch in
      let entries = try FailureArchive(directory: scratch.file("none")).list()
      #expect(entries.isEmpty)
      #expect(scratch.contents().isEmpty)
    }
  }

  @Test func `a relative directory is made below the working directory`() throws {
    let name = "stress-test-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: name) }
    let path = try FailureArchive(directory: "\(name)/failures").store(token)
    #expect(path == "\(name)/failures/\(FailureArchive.name(of: token))")
    #expect(try FailureArchive.read(path) == token)
  }

  @Test func `the token is found among comments, blank lines and words`() throws {
    try Scratch.use { scratch in
      let texts = [
        token.text, "\n\n  \(token.text)  ", "# m1:no\r\n\(token.text)\r\nm1:second\r\n",
        "mutant: no-freeze\nm\n:\n\(token.text)", "\u{ff}\u{0}\n\(token.text)\n",
        "replay: stress replay \(token.text)\nm1:second\n", "> scripts/stress minimize \(token.text) --kernel-tree x\n",
      ]
      for text in texts {
        try scratch.write(text, to: "file")
        #expect(try FailureArchive.read(scratch.file("file")) == token)
      }
    }
  }

  @Test func `a file without a sound token is refused in one line that names it`() throws {
    try Scratch.use { scratch in
      let path = scratch.file("file.txt")
      let holdsNone =
        "'\(path)' holds no token: one stands on a line of its own and begins with "
        + "m1: or m2: for the model, k1: or k2: for a kernel"
      let cases: [(text: String, message: String)] = [
        ("", holdsNone), ("# \(token.text)\n", holdsNone), ("please replay \(token.text)", holdsNone),
        (String(token.text.dropLast()), "'\(path)': \(TokenError.damaged.message)"),
        ("m9:abc", "'\(path)': \(TokenError.otherVersion("m9").message)"),
      ]
      for (text, expected) in cases {
        try scratch.write(text, to: "file.txt")
        #expect(refusal(reading: path) == expected)
      }
      try scratch.write([0xff, 0xfe, 0, 10, 0x6d, 0x31, 0x3a, 0xff], to: "file.txt")
      #expect(refusal(reading: path)?.contains("damaged") == true)
    }
  }

  @Test func `what is no file, too large or not there is refused in one line`() throws {
    try Scratch.use { scratch in
      #expect(refusal(reading: scratch.path) == "cannot read '\(scratch.path)': Is a directory")
      let none = scratch.file("none")
      #expect(refusal(reading: none) == "cannot read '\(none)': No such file or directory")
      let padding = [UInt8](repeating: 0x0a, count: FailureArchive.sizeLimit - token.text.utf8.count)
      try scratch.write(padding + token.text.utf8, to: "largest")
      #expect(try FailureArchive.read(scratch.file("largest")) == token)
      try scratch.write(padding + [0x0a] + token.text.utf8, to: "larger")
      #expect(refusal(reading: scratch.file("larger"))?.hasSuffix("1048576 bytes") == true)
      #expect(refusal(reading: "/dev/zero")?.hasSuffix("1048576 bytes") == true)
    }
  }

  @Test func `a directory that cannot be made or written is an error, and nothing is left behind`() throws {
    try Scratch.use { scratch in
      try scratch.write("", to: "file")
      for directory in [scratch.file("file"), scratch.file("file/below")] {
        let text = refusal(storing: token, in: directory)
        #expect(text == "cannot create the directory '\(directory)': Not a directory")
        #expect(refusal(listing: directory)?.contains("Not a directory") == true)
      }
      #expect(scratch.contents() == ["file"])
      // Not even root may create a file here.
      let text = refusal(storing: token, in: "/proc/self")
      #expect(text?.hasPrefix("cannot write '/proc/self/MAP-1-fedcba9876543210.txt': ") == true)
      let made = refusal(storing: token, in: "/proc/stress/failures")
      #expect(made?.hasPrefix("cannot create the directory '/proc/stress/failures': ") == true)
    }
  }

  /// Permissions mean nothing to root.
  @Test(.enabled(if: getuid() != 0)) func `a directory without write permission is an error`() throws {
    try Scratch.use { scratch in
      try #require(chmod(scratch.path, 0o555) == 0)
      defer { chmod(scratch.path, 0o755) }
      let text = refusal(storing: token, in: scratch.path)
      #expect(text?.hasSuffix("Permission denied") == true)
    }
  }

  @Test func `an old file stands until the new one is whole`() throws {
    try Scratch.use { scratch in
      let name = FailureArchive.name(of: token)
      // A directory in the file's place cannot be replaced: the rename fails, after all else has gone well.
      try FileManager.default.createDirectory(atPath: scratch.file(name), withIntermediateDirectories: false)
      try scratch.write("", to: "\(name)/inside")
      #expect(refusal(storing: token, in: scratch.path)?.hasPrefix("cannot write '") == true)
      #expect(scratch.contents() == [name])
    }
  }

  @Test func `a full disk is an error`() {
    #expect(throws: AtomicFile.Failure.self) {
      try AtomicFile.fill("/dev/full", flags: O_WRONLY, Array("text".utf8))
    }
  }

  @Test func `a token too long to be read again is not written`() throws {
    try Scratch.use { scratch in
      var token = token
      token.episode.threads = Array(repeating: Array(repeating: token.episode.threads[0][0], count: 4096), count: 256)
      let text = refusal(storing: token, in: scratch.path)
      #expect(text?.hasSuffix("the token is longer than 1048576 bytes") == true)
      #expect(scratch.contents().isEmpty)
    }
  }
}
