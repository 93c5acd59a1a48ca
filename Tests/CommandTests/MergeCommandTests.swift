import Campaign
import Foundation
import Testing

/// `stress merge`, from files to a verdict.
@Suite(.serialized) struct MergeCommandTests {
  private func shards(_ options: [String], in scratch: Scratch) throws -> [String] {
    try (1...3).map { index in
      let name = "shard-\(index).json"
      _ = try StressCommand.start(
        ["explore", "--seed", "7", "--shard", "\(index)/3", "--json", name] + options, in: scratch
      ).finish()
      return name
    }
  }

  @Test func `shards of a clean campaign give its verdict and its record`() throws {
    try Scratch.use { scratch in
      let options = ["--schedules", "600"]
      let names = try shards(options, in: scratch)
      let whole = try StressCommand.start(["explore", "--seed", "7", "--quiet"] + options, in: scratch).finish()
      let merged = try StressCommand.start(["merge"] + names + ["--quiet", "--json", "all.json"], in: scratch).finish()
      #expect(merged.status == 0)
      #expect(merged.output == whole.output)
      #expect(merged.errors == "")
      let record = try JSONDecoder().decode(RunRecord.self, from: Data(scratch.text("all.json").utf8))
      #expect(record.exploration?.schedules == 600)
      #expect(record.exploration?.sketch == nil)
    }
  }

  @Test func `a failure is reported as the run that found it did, with exit 1`() throws {
    try Scratch.use { scratch in
      let options = ["--mutant", "lost-zap"]
      let names = try shards(options, in: scratch)
      let whole = try StressCommand.start(["explore", "--seed", "7", "--quiet"] + options, in: scratch).finish()
      let merged = try StressCommand.start(["merge", "--quiet"] + names, in: scratch).finish()
      #expect(merged.status == 1)
      #expect(merged.output == whole.output)
    }
  }

  @Test func `a missing shard is told, and can be left out`() throws {
    try Scratch.use { scratch in
      let names = Array(try shards(["--schedules", "100"], in: scratch).dropFirst())
      let refused = try StressCommand.start(["merge"] + names, in: scratch).finish()
      #expect(refused.status == 64)
      #expect(refused.complaints == ["stress: error: 1 of the campaign's 3 shards are missing"])
      let allowed = try StressCommand.start(["merge", "--allow-missing"] + names, in: scratch).finish()
      #expect(allowed.status == 130)
      #expect(allowed.lastOutputLine.hasPrefix("INTERRUPTED after "))
    }
  }

  @Test func `a file that is no shard's record is named`() throws {
    try Scratch.use { scratch in
      _ = try StressCommand.start(
        ["explore", "--seed", "7", "--schedules", "100", "--json", "whole.json"], in: scratch
      ).finish()
      let result = try StressCommand.start(["merge", "whole.json"], in: scratch).finish()
      #expect(result.status == 64)
      #expect(result.complaints.first?.contains("'whole.json' is not the record of a shard") == true)
    }
  }
}
