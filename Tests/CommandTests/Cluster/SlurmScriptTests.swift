import Campaign
import Foundation
import Testing

/// `scripts/cluster/slurm` before a Slurm that runs a job when it is submitted: what it submits, and what it refuses.
/// `scripts/cluster/slurm-check` does the same with a real one.
@Suite(.serialized) struct SlurmScriptTests {
  /// Does as it is told with what the script uses of sbatch, and notes it in `submitted`.
  private static let sbatch = """
    #!/usr/bin/env bash
    tasks= folder=. output=/dev/null wait= name=
    for word in "$@"; do
      case $word in
        --array=*) tasks=${word#*=} ;;
        --chdir=*) folder=${word#*=} ;;
        --output=*) output=${word#*=} ;;
        --job-name=*) name=${word#*=} ;;
        --wait) wait=1 ;;
      esac
    done
    if [[ $name == "${REFUSED:-}" ]]; then echo "sbatch: error: Batch job submission failed" >&2; exit 1; fi
    printf '%s\\n' "$*" >>"$SUBMITTED"
    job=$(mktemp)
    cat >"$job"
    cd -- "$folder" || exit 1
    status=0
    if [[ -n $tasks ]]; then
      echo "41;here"
      if [[ $tasks == 1-* ]]; then list=$(seq "${tasks#1-}"); else list=${tasks//,/ }; fi
      for task in $list; do
        SLURM_ARRAY_TASK_ID=$task SLURM_CPUS_ON_NODE=2 bash "$job" >"${output/\\%a/$task}" 2>&1
      done
    else
      echo 42
      bash "$job" >"$output" 2>&1 || status=$?
    fi
    rm -f -- "$job"
    if [[ -n $wait ]]; then exit "$status"; fi
    """

  private func use(_ body: (Scratch) throws -> Void) throws {
    try Scratch.use { scratch in
      try scratch.provide("sbatch", Self.sbatch + "\n")
      try scratch.provide("scancel", "#!/bin/sh\necho \"cancelled $*\" >>\"$SUBMITTED\"\n")
      try scratch.provide("scontrol", "#!/bin/sh\necho 'MaxArraySize            = 1001'\n")
      try body(scratch)
    }
  }

  private func slurm(
    _ arguments: [String], in scratch: Scratch, refused: String = ""
  ) throws -> (status: Int32, output: String) {
    let tool = try #require(StressCommand.executablePath)
    return try scratch.execute(
      [Scratch.cluster.appendingPathComponent("slurm").path] + arguments,
      environment: ["STRESS": tool, "SUBMITTED": scratch.file("submitted"), "REFUSED": refused])
  }

  @Test func `where there is no Swift, a package's tool is taken, and no other command of that name`() throws {
    try use { scratch in
      let tool = try #require(StressCommand.executablePath)
      try FileManager.default.createSymbolicLink(atPath: scratch.file("bin/stress"), withDestinationPath: tool)
      let swiftless = [
        "PATH": "\(scratch.file("bin")):/usr/bin:/bin", "STRESS": "", "SUBMITTED": scratch.file("submitted"),
      ]
      func submit(_ out: String) throws -> (status: Int32, output: String) {
        try scratch.execute(
          [Scratch.cluster.appendingPathComponent("slurm").path, "--shards", "1", "--out", scratch.file(out)]
            + campaign,
          environment: swiftless)
      }
      let packed = try submit("one")
      #expect(packed.status == 0, "\(packed.output)")
      #expect(scratch.contents(of: "one").contains("shard-1.json"))

      // Debian's load generator.
      try FileManager.default.removeItem(atPath: scratch.file("bin/stress"))
      try scratch.provide("stress", "#!/bin/sh\nexit 0\n")
      let other = try submit("two")
      #expect(other.status == 70 && other.output.contains("no Swift toolchain found"), "\(other.output)")
    }
  }

  private let campaign = ["--", "--seed", "7", "--schedules", "600"]

  private func whole(in scratch: Scratch) throws -> RunRecord {
    _ = try StressCommand.start(["explore"] + campaign.dropFirst() + ["--json", "whole.json"], in: scratch).finish()
    return try scratch.record("whole.json")
  }

  // MARK: What it runs

  @Test func `an array and its merge give the record of the whole, in a folder of any name`() throws {
    try use { scratch in
      let out = "50%a of \"it\"/it's"
      let result = try slurm(["--shards", "3", "--out", out, "--wait"] + campaign, in: scratch)
      #expect(result.status == 0)
      let lines = result.output.split(separator: "\n")
      #expect(lines.first == "42")
      #expect(lines.last?.hasPrefix("PASS sampled: 600 schedules") == true)
      #expect(try scratch.record("\(out)/campaign.json") == whole(in: scratch))
      #expect(scratch.text("\(out)/shard-3.log").contains("PASS"))
      let submitted = scratch.text("submitted").split(separator: "\n")
      #expect(submitted.count == 2)
      #expect(submitted.first?.contains("--array=1-3 --cpus-per-task=1") == true)
      #expect(submitted.last?.contains("--dependency=afterany:41 ") == true)
    }
  }

  @Test func `a violation is the exit code with --wait alone`() throws {
    try use { scratch in
      let failing = ["--", "--seed", "7", "--mutant", "lost-zap", "--no-minimize"]
      #expect(try slurm(["--shards", "2", "--out", "a", "--wait"] + failing, in: scratch).status == 1)
      let result = try slurm(["--shards", "2", "--out", "b"] + failing, in: scratch)
      #expect(result.status == 0)
      #expect(result.output == "42\n")
    }
  }

  @Test func `words reach the tool as they were typed, but for a tree's path`() throws {
    try use { scratch in
      let words = ["--", "--seed=7", "--scenario", "no $(such) \"thing\""]
      let result = try slurm(["--shards", "1", "--out", "out", "--wait"] + words, in: scratch)
      #expect(result.status == 70)
      #expect(result.output.contains("slurm: the merge has written no record"))
      #expect(scratch.text("out/shard-1.log").contains("no $(such) \"thing\""))
      #expect(scratch.text("out/campaign.log") == "no shard has left a record; shard-*.log say why\n")
      let tree = ["--", "--seed", "7", "--kernel-tree", "no tree"]
      _ = try slurm(["--shards", "1", "--out", "other"] + tree, in: scratch)
      #expect(scratch.text("other/shard-1.log").contains("/no tree"))
    }
  }

  @Test func `--missing runs the shards that were interrupted or have no record`() throws {
    try use { scratch in
      let arguments = ["--shards", "4", "--out", "out"]
      _ = try slurm(arguments + campaign, in: scratch)
      try FileManager.default.removeItem(atPath: scratch.file("out/shard-2.json"))
      let cut = scratch.text("out/shard-3.json").replacing("\"interrupted\" : false", with: "\"interrupted\" : true")
      try scratch.write(cut, to: "out/shard-3.json")
      let result = try slurm(arguments + ["--missing", "--wait"] + campaign, in: scratch)
      #expect(result.status == 0)
      #expect(scratch.text("submitted").contains("--array=2,3 "))
      #expect(try scratch.record("out/campaign.json") == whole(in: scratch))
      // With nothing left to run it is merged again.
      #expect(try slurm(arguments + ["--missing", "--wait"] + campaign, in: scratch).status == 0)
      #expect(scratch.text("submitted").split(separator: "\n").count == 5)
    }
  }

  // MARK: What goes wrong

  @Test func `an array whose merge is refused is cancelled`() throws {
    try use { scratch in
      let result = try slurm(["--out", "out"] + campaign, in: scratch, refused: "stress-merge")
      #expect(result.status == 70)
      #expect(result.output.hasSuffix("slurm: Slurm has not taken the merge; the array 41 is cancelled\n"))
      #expect(scratch.text("submitted").hasSuffix("cancelled 41\n"))
    }
  }

  @Test func `an array that is refused is no violation`() throws {
    try use { scratch in
      let result = try slurm(["--out", "out", "--wait"] + campaign, in: scratch, refused: "stress")
      #expect(result.status == 70)
      #expect(result.output.hasSuffix("slurm: Slurm has not taken the array\n"))
    }
  }

  @Test func `a folder that has a campaign takes no other`() throws {
    try use { scratch in
      let arguments = ["--shards", "2", "--out", "out"]
      _ = try slurm(arguments + campaign, in: scratch)
      let before = scratch.text("out/campaign.json")
      for (more, says) in [([], "has a campaign"), (["--missing", "--shards", "3"], "has another campaign")] {
        let result = try slurm(arguments + more + campaign, in: scratch)
        #expect(result.status == 64)
        #expect(result.output.contains(says))
      }
      #expect(scratch.text("out/campaign.json") == before)
    }
  }

  @Test(arguments: [
    (["--out", "out"], "--seed is missing"), (["--", "--seed", "7"], "--out FOLDER is missing"),
    (["--shards", "0", "--out", "out", "--", "--seed", "7"], "--shards is a number"),
    (["--shards"], "--shards needs a value"), (["--cpus", "two"], "--cpus is a number"),
    (["--shards", "1001", "--out", "out", "--", "--seed", "7"], "1000 (MaxArraySize)"),
    (["--missing", "--out", "out", "--", "--seed", "7"], "has no campaign"), (["out"], "unknown option 'out'"),
  ])
  func `bad usage is told in one line, and nothing is submitted`(arguments: [String], says: String) throws {
    try use { scratch in
      let result = try slurm(arguments, in: scratch)
      #expect(result.status == 64)
      #expect(result.output.split(separator: "\n").count == 1)
      #expect(result.output.contains(says))
      #expect(scratch.text("submitted") == "")
    }
  }
}
