import Foundation
import Testing

/// What `stress --version` says of a build, by the note that its script has left beside it.
@Suite struct VersionTests {
  @Test func `version, commit and build are told, of this executable and of no other`() throws {
    try Installed.use { installed in
      let tool = installed.file("libexec/stress/stress")
      var status = stat()
      try #require(stat(tool, &status) == 0)
      let digest = String(repeating: "fedcba98", count: 8)
      let note = "\(status.st_size) \(status.st_mtim.tv_sec) 0123456789abcdef0123456789abcdef01234567"
      func told(_ note: String) throws -> String {
        try installed.scratch.write(note + "\n", to: "my prefix/libexec/stress/stress.commit")
        return try installed.run([installed.file("bin/stress"), "--version"]).output
      }
      #expect(try told("\(note) sha256:\(digest)") == "stress 0.1.0, commit 0123456789ab, build fedcba98fedc\n")
      #expect(
        try told("\(note) changed sha256:\(digest)")
          == "stress 0.1.0, commit 0123456789ab with local changes, build fedcba98fedc\n")
      #expect(try told(note) == "stress 0.1.0, commit 0123456789ab\n")
      #expect(try told("1\(note) sha256:\(digest)") == "stress 0.1.0\n")
      #expect(try told("no note") == "stress 0.1.0\n")
    }
  }
}
