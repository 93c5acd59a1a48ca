/// Kernel code that ends its process ends neither the command nor what is known of it.
import Foundation
import Testing

@Suite(.waitsForProcesses) struct IsolationTests {
  /// Overwrites what the tool calls at the next schedule point: its code would jump into its own data.
  private static let wildWrite = "stress_current()->point->reached = (void *)stress_current()->host->lock;"

  /// The same by an instruction that the compiler does not look at: MEM-1 finds the other where all accesses are seen.
  private static let unseenWrite =
    "asm volatile(\"movq %1, %0\" : \"=m\"(stress_current()->point->reached) : \"r\"(stress_current()->host->lock));"

  /// - Returns: the path of a tree with a statement where threads race.
  private func broken(_ statement: String, in scratch: Scratch, name: String = "linux") throws -> String {
    let tree = try UserTree(in: scratch, name: name)
    try tree.whenRacing(statement)
    return tree.root.path
  }

  /// - Returns: the path of a tree with a statement where threads come without having to meet.
  private func brokenForThreads(_ statement: String, in scratch: Scratch, name: String = "linux") throws -> String {
    let tree = try UserTree(in: scratch, name: name)
    try tree.whenChanging(statement)
    return tree.root.path
  }

  private func explore(_ tree: String, _ options: String..., in scratch: Scratch) throws -> StressCommand.Result {
    try StressCommand.start(
      ["explore", "--kernel-tree", tree, "--seed", "1", "--schedules", "4000", "--jobs", "2"] + options, in: scratch
    ).finish()
  }

  private func token(_ result: StressCommand.Result) throws -> String {
    let line = try #require(result.output.split(separator: "\n").first { $0.hasPrefix("replay: stress replay ") })
    return String(line.split(separator: " ")[3])
  }

  @Test(.enabled(if: UserTree.source != nil, UserTree.why))
  func `a wild write that kills the process is OOPS-1, with a token that does it again`() throws {
    try Scratch.use { scratch in
      let tree = try broken(Self.wildWrite, in: scratch)
      // On one processor the same execution is the first to do it, whatever else runs here.
      let found = try explore(tree, "--quiet", "--json", "record.json", "--jobs", "1", in: scratch)
      #expect(found.status == 1)
      #expect(found.output.contains("checker    OOPS-1") && found.output.contains("verified 3/3"))
      #expect(found.output.contains("was ended by SIGSEGV, outside of the kernel's code"))
      #expect(found.lastOutputLine.hasPrefix("FAIL OOPS-1 at schedule "))
      #expect(scratch.text("record.json").contains("\"verdict\" : \"violation\""))
      #expect(scratch.failures.count == 1 && scratch.failures[0].hasPrefix("OOPS-1-"))
      let token = try token(found)
      let again = try StressCommand.start(["replay", token, "--kernel-tree", tree], in: scratch).finish()
      #expect(again.status == 1 && again.lastOutputLine.hasPrefix("REPRODUCED OOPS-1"))
      let small = try StressCommand.start(["minimize", token, "--kernel-tree", tree], in: scratch).finish()
      #expect(small.status == 1)
      // Regress tells of each file, however many end a process.
      try scratch.write(token + "\n", to: ".stress/failures/another.txt")
      let regress = try StressCommand.start(["regress", "--kernel-tree", tree], in: scratch).finish()
      #expect(regress.status == 1)
      #expect(regress.output.components(separatedBy: "still fails, with OOPS-1").count == 3)
      #expect(regress.lastOutputLine == "2 replayed, 0 fixed, 2 still fail")
      // It is the tree that does it.
      let whole = try #require(UserTree.source).path
      let fixed = try StressCommand.start(["replay", token, "--kernel-tree", whole], in: scratch).finish()
      #expect(fixed.status == 0)
    }
  }

  @Test(.enabled(if: UserTree.source != nil, UserTree.why))
  func `so it is with plain accesses, which its token tells`() throws {
    try Scratch.use { scratch in
      let tree = try broken(Self.unseenWrite, in: scratch)
      let found = try explore(tree, "--plain-accesses", "--quiet", "--jobs", "1", in: scratch)
      #expect(found.status == 1, "\(found.errors)")
      #expect(found.output.contains("checker    OOPS-1") && found.output.contains("verified 3/3"))
      let again = try StressCommand.start(["replay", try token(found), "--kernel-tree", tree], in: scratch).finish()
      #expect(again.status == 1 && again.lastOutputLine.hasPrefix("REPRODUCED OOPS-1"))
      #expect(!again.errors.contains("made without --plain-accesses"))
    }
  }

  @Test(.enabled(if: UserTree.source != nil, UserTree.why))
  func `git bisect takes a tree that kills the process for bad`() throws {
    try Scratch.use { scratch in
      let tree = try broken(Self.wildWrite, in: scratch)
      #expect(try explore(tree, "--quiet", "--bisect", in: scratch).status == 1)
    }
  }

  @Test(.enabled(if: UserTree.source != nil, UserTree.why))
  func `a hang and a fault are found in the process where they happen`() throws {
    try Scratch.use { scratch in
      for (statement, checker) in [("for (volatile int on = 1; on;);", "HANG-1"), ("__builtin_trap();", "OOPS-1")] {
        let tree = try broken(statement, in: scratch, name: checker)
        let found = try explore(tree, "--quiet", "--hang-seconds", "0.04", in: scratch)
        #expect(found.status == 1)
        #expect(found.output.contains("checker    \(checker)") && found.output.contains("(1-minimal)"))
        #expect(!found.errors.contains("was ended by"))
      }
    }
  }

  @Test(.enabled(if: UserTree.source != nil, UserTree.why))
  func `threads that fault or hang in the kernel are left, and a schedule of theirs is found`() throws {
    try Scratch.use { scratch in
      for (statement, checker) in [
        ("for (volatile int on = 1; on;);", "HANG-1"), ("*(volatile int *)16 = 1;", "OOPS-1"),
      ] {
        let tree = try brokenForThreads(statement, in: scratch, name: checker)
        let found = try StressCommand.start(
          [
            "run", "--kernel-tree", tree, "--threads", "8", "--seconds", "60", "--seed", "1", "--perturb", "heavy",
            "--quiet", "--hang-seconds", "0.04",
          ], in: scratch
        ).finish()
        #expect(
          found.status == 1 && found.output.contains("checker    \(checker)"),
          "\(found.status) \(found.errors) \(found.output)")
        #expect(found.lastOutputLine.hasPrefix("FAIL \(checker) in round "))
        #expect(!found.errors.contains("was ended by"))
      }
    }
  }

  @Test(.enabled(if: UserTree.source != nil, UserTree.why))
  func `threads that kill the process have a schedule looked for that does it too`() throws {
    try Scratch.use { scratch in
      let tree = try brokenForThreads(Self.wildWrite, in: scratch)
      let found = try StressCommand.start(
        [
          "run", "--kernel-tree", tree, "--threads", "8", "--seconds", "60", "--seed", "1", "--perturb", "heavy",
          "--quiet",
        ], in: scratch
      ).finish()
      #expect(
        found.status == 1 && found.output.contains("checker    OOPS-1") && found.output.contains("verified 3/3"),
        "\(found.status) \(found.errors) \(found.output)")
    }
  }

  @Test(.enabled(if: UserTree.source != nil, UserTree.why))
  func `a cell of the matrix that kills the process is told as a finding`() throws {
    try Scratch.use { scratch in
      let tree = try broken(Self.wildWrite, in: scratch)
      let found = try StressCommand.start(
        ["matrix", "--only", "kernel", "--kernel-tree", tree, "--schedules", "2000", "--quiet"], in: scratch
      ).finish()
      #expect(
        found.status == 1 && found.output.contains("checker    OOPS-1") && found.output.contains("verified 3/3"),
        "\(found.status) \(found.errors) \(found.output)")
    }
  }

  @Test(.enabled(if: UserTree.source != nil, UserTree.why))
  func `signals, output and exit code pass through, and a process that is killed takes its child along`() throws {
    try Scratch.use { scratch in
      let tree = try #require(UserTree.source).path
      func start() throws -> StressCommand {
        try StressCommand.start(["explore", "--kernel-tree", tree, "--seconds", "300", "--quiet"], in: scratch)
      }
      let interrupted = try start()
      #expect(interrupted.waitUntilStarted())
      interrupted.send(SIGINT)
      let result = interrupted.finish()
      #expect(result.status == 130 && result.output.hasPrefix("INTERRUPTED after "))

      let killed = try start()
      #expect(killed.waitUntilStarted())
      let children = try String(
        contentsOfFile: "/proc/\(killed.process)/task/\(killed.process)/children", encoding: .utf8)
      let child = try #require(pid_t(children.trimmingCharacters(in: .whitespaces)))
      killed.send(SIGKILL)
      #expect(killed.finish().status == 128 + SIGKILL)
      while kill(child, 0) == 0 { usleep(10_000) }
    }
  }

  @Test func `the command that looks for what ended a process is for nobody else`() throws {
    let result = try StressCommand.run(["autopsy"])
    #expect(result.status == 64 && result.complaints.count == 1)
    #expect(!(try StressCommand.run(["--help"]).output.contains("autopsy")))
  }

  @Test func `what is wrong with the arguments is told once`() throws {
    try Scratch.use { scratch in
      let result = try StressCommand.start(["explore", "--kernel-tree", scratch.file("none")], in: scratch).finish()
      #expect(result.status == 64 && result.complaints.count == 1 && result.output == "")
    }
  }
}
