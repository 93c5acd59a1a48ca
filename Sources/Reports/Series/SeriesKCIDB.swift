/// A series in the schema of KernelCI's common database (KCIDB, version 5.3): a checkout a commit, a build a compiler,
/// a test that says what the commit breaks.
import Foundation
import Records

package enum SeriesKCIDB {
  private struct Report: Encodable {
    struct Version: Encodable {
      var major = 5
      var minor = 3
    }

    struct Checkout: Encodable {
      var id: String
      var origin: String
      var gitCommitHash: String
      var gitCommitMessage: String
      var valid = true
    }

    struct Build: Encodable {
      var id: String
      var checkoutId: String
      var origin: String
      var architecture = "x86_64"
      var compiler: String
      var status: String
      var comment = "arch/x86/kvm/mmu in userspace, by stress"
      var logExcerpt: String?
    }

    struct Test: Encodable {
      var id: String
      var buildId: String
      var origin: String
      var path: String
      var status: String
      var comment: String
      var duration: Double
      var logExcerpt: String?
      var misc: Misc
    }

    /// What the schema has no place for.
    struct Misc: Encodable {
      var patch: String
      var scope: String
      var tokens: [String]
      var unseen: [String]
    }

    var version = Version()
    var checkouts: [Checkout] = []
    var builds: [Build] = []
    var tests: [Test] = []
  }

  /// Of a text that the schema takes, at most so many characters.
  private static let mostExcerpt = 16_000

  /// - Parameter origin: the name by which KernelCI knows who submits it: small letters, digits and underscores.
  package static func json(_ record: SeriesRecord, origin: String) throws -> Data {
    var report = Report()
    for (index, commit) in record.commits.enumerated() where !commit.builds.isEmpty {
      let id = "\(origin):\(commit.commit)"
      report.checkouts.append(
        .init(id: id, origin: origin, gitCommitHash: commit.commit, gitCommitMessage: commit.subject.onOneLine))
      for (number, build) in commit.builds.enumerated() {
        report.builds.append(
          .init(
            id: "\(id)-\(number)", checkoutId: id, origin: origin, compiler: build.compiler.onOneLine,
            status: build.failure == nil ? "PASS" : "FAIL", logExcerpt: build.failure.map(excerpt)))
      }
      guard commit.state == .tried else { continue }
      let seconds = index < record.timing.commits.count ? record.timing.commits[index] : 0
      let found = commit.breaks.map { failure in
        "\(failure.checker), \(failure.rule): expected \(failure.expected), seen \(failure.seen)"
          + (record.replay(failure).map { "; \($0)" } ?? "")
      }
      report.tests.append(
        .init(
          id: "\(id)-series", buildId: "\(id)-0", origin: origin, path: "stress.series",
          status: commit.isClean ? "PASS" : "FAIL", comment: record.words(commit).onOneLine,
          duration: seconds.isFinite ? seconds : 0,
          logExcerpt: found.isEmpty ? nil : excerpt(found.joined(separator: " | ")),
          misc: .init(
            patch: record.place(commit.number), scope: SeriesRecord.limits,
            tokens: commit.breaks.map(\.token).filter { !$0.isEmpty }, unseen: commit.unseenLines)))
    }
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return try encoder.encode(report) + Data("\n".utf8)
  }

  private static func excerpt(_ text: String) -> String { String(text.onOneLine.prefix(mostExcerpt)) }
}
