/// The files that failures are kept in.
import Campaign
import Foundation
import Machine
import MirrorMMU
import Scheduling
import Testing

@Suite struct KeptFailureTests {
  @Test func `a failure is kept as one file with the token that is printed`() throws {
    let directory = FileManager.default.temporaryDirectory.path + "/stress-kept-\(UUID().uuidString)/failures"
    defer { try? FileManager.default.removeItem(atPath: directory) }
    var notices: [String] = []
    let configuration = ExploreConfiguration(seed: 1, mutant: .lostZap, failureDirectory: directory)
    let record = Explorations.run(configuration) { notices.append($0) }
    let token = try Explorations.token(record)
    let entries = try FailureArchive(directory: directory).list()
    #expect(entries.map(\.name) == [FailureArchive.name(of: token)])
    #expect(try FailureArchive.read(entries[0].path) == token)
    #expect(notices.isEmpty)

    // Found again it is the same file, whoever finds it.
    var other = configuration
    other.jobs = 2
    let content = try Data(contentsOf: URL(fileURLWithPath: entries[0].path))
    _ = Explorations.run(other)
    #expect(try FailureArchive(directory: directory).list() == entries)
    #expect(try Data(contentsOf: URL(fileURLWithPath: entries[0].path)) == content)
  }

  @Test func `where no file can be written the user is told, and the record has everything`() throws {
    var notices: [String] = []
    let record = Explorations.run(
      ExploreConfiguration(seed: 1, mutant: .lostZap, failureDirectory: "/proc/self/nowhere")
    ) { notices.append($0) }
    #expect(!notices.isEmpty && notices.allSatisfy { $0.contains("not kept on disk") && $0.contains("nowhere") })
    #expect(record.violations.first?.reproduction?.verified == 3)
  }

  @Test func `a clean run keeps nothing`() throws {
    let directory = FileManager.default.temporaryDirectory.path + "/stress-clean-\(UUID().uuidString)"
    _ = Explorations.run(ExploreConfiguration(length: .schedules(640), seed: 1, failureDirectory: directory))
    #expect(!FileManager.default.fileExists(atPath: directory))
  }
}
