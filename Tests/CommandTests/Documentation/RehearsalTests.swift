import Testing

/// What a command becomes when a test runs it, and how it should end.
@Suite struct RehearsalTests {
  @Test func `words that stand for something are filled in`() {
    let command = "stress replay TOKEN --kernel-tree ~/src/linux --seconds 30 --seed 30"
    let filled = Props.fill(command, kernelTree: "/tree") { "m1:x" }
    #expect(filled == "stress replay m1:x --kernel-tree /tree --seconds 1 --seed 30")
    #expect(Props.needsKernelTree(command) && !Props.needsKernelTree("stress explore --kernel-tree ."))
  }

  @Test func `a command that names a mutant or shows a failure ends with 1`() {
    for (command, shown, status) in [
      ("stress explore --seed 1", ["PASS sampled"], 0), ("stress explore --seed 1", ["FAIL ORD-2", ""], 1),
      ("stress --mutant thaw-first", [], 1), ("stress matrix --mutant thaw-first", [], 0),
    ] as [(String, [String], Int32)] {
      #expect(Rehearsal(command).expectedStatus(shown: shown) == status, "\(command)")
    }
    #expect(Rehearsal("stress --mutant thaw-first", status: 0).expectedStatus(shown: []) == 0)
  }

  @Test func `a file is made for the command that reads it, not for the one that writes it`() {
    #expect(Props.makers(for: "stress report record.json --junit junit.xml").count == 1)
    #expect(Props.makers(for: "stress explore --json record.json").isEmpty)
    #expect(Props.makers(for: "stress merge shard-*.json --json record.json").count == 2)
    #expect(Props.makers(for: "stress report --compare soak-monday soak-tuesday").count == 2)
  }
}
