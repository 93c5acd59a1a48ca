import Foundation
import Testing

/// `scripts/cluster/kubernetes-job.yaml`: what its pods run, run without Kubernetes.
@Suite struct KubernetesJobTests {
  private let lines =
    (try? String(contentsOf: Scratch.cluster.appendingPathComponent("kubernetes-job.yaml"), encoding: .utf8))
    .map { $0.components(separatedBy: "\n") } ?? []

  /// The value of a key that stands once, whatever it is part of.
  private func value(_ key: String) -> String? {
    lines.lazy.map { $0.trimmingCharacters(in: .whitespaces) }.first { $0.hasPrefix("\(key): ") }
      .map { $0.dropFirst(key.count + 2).trimmingCharacters(in: ["\""]) }
  }

  /// The container's shell command: the lines of the one folded text, joined.
  private var command: String {
    func indentation(_ line: String) -> Int { line.prefix { $0 == " " }.count }
    guard let start = lines.firstIndex(where: { $0.hasSuffix("- >-") }) else { return "" }
    return lines[(start + 1)...].prefix { indentation($0) > indentation(lines[start]) }
      .map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
  }

  @Test func `the shards of its pods are the whole campaign, whichever folder they share`() throws {
    try Scratch.use { scratch in
      try scratch.provideStress()
      let short = command.replacing("--schedules 8000000", with: "--schedules 600")
      #expect(short != command)
      let count = try #require(value("completions").flatMap { Int($0) })
      #expect(value("value") == "\(count)")
      for index in 0..<count {
        let pod = ["JOB_COMPLETION_INDEX": "\(index)", "SHARDS": "\(count)", "JOBS": "1"]
        let result = try scratch.execute(["/bin/sh", "-c", short], environment: pod)
        #expect(result.status == 0, "\(result.output)")
      }
      let names = (1...count).map { "shard-\($0).json" }
      _ = try StressCommand.start(["merge", "--quiet", "--json", "merged.json"] + names, in: scratch).finish()
      let whole = ["explore", "--seed", "7", "--schedules", "600", "--quiet", "--json", "whole.json"]
      _ = try StressCommand.start(whole, in: scratch).finish()
      #expect(try scratch.record("merged.json") == scratch.record("whole.json"))
      // Each pod's process is 1, and a run is known by its process.
      #expect(!FileManager.default.fileExists(atPath: scratch.file(".stress/failures")))
      #expect(FileManager.default.fileExists(atPath: scratch.file("shard-1/.stress")))
    }
  }

  @Test func `a violation is the pod's exit code, which ends its index`() throws {
    try Scratch.use { scratch in
      try scratch.provideStress()
      let failing = command.replacing("--seed 7", with: "--seed 7 --mutant lost-zap")
      let pod = ["JOB_COMPLETION_INDEX": "0", "SHARDS": "1", "JOBS": "1"]
      let result = try scratch.execute(["/bin/sh", "-c", failing], environment: pod)
      #expect(result.status == 1)
      #expect(value("values")?.contains("\(result.status)") == true)
    }
  }
}
