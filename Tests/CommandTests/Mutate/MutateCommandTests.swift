/// `stress kernel mutate` as a user runs it.
import Foundation
import Testing

@Suite(.waitsForProcesses) struct MutateCommandTests {
  private static let mmu = "arch/x86/kvm/mmu/tdp_mmu.c"
  private static let asserts = "\tint ret;\n\n\tlockdep_assert_held_read(&kvm->mmu_lock);\n\n\t/* Should not set"
  private static let nothing = "\tWRITE_ONCE(iter->gfn, iter->gfn);\n"
  private static let direct = "\t\tret = __tdp_mmu_set_spte_atomic(kvm, iter, new_spte);\n\n"
  private static let mmio = "new_spte = make_mmio_spte(vcpu, "

  /// A commit of which one mutant is found, and others are not, each for another reason.
  private static let edits: [SeriesRepository.Edit] = [
    .init(mmu, asserts, asserts.replacing("ret;\n\n", with: "ret;\n\n\(nothing)\(nothing)")),
    .init(mmu, direct, direct.dropLast() + "\tnew_spte |= 0;\n\n"),
    .init(
      mmu, "\t\telse\n\t\t\t__kvm_tdp_mmu_write_spte(iter->sptep, new_spte);\n",
      "\t\telse\n\t\t\t__kvm_tdp_mmu_write_spte((iter->sptep), new_spte);\n"),
    .init(mmu, "\t\tKVM_BUG_ON(ret, kvm);\n\t}\n\treturn ret;", "\t\tKVM_BUG_ON(ret, kvm);\n\t}\n\treturn (ret);"),
    .init(mmu, "\(mmio)iter->gfn, ", "\(mmio)(iter->gfn), "),
  ]

  private static let little = ["--table", "private-empty", "--executions", "2", "--schedules", "100"]

  private struct Record: Decodable {
    struct Failure: Decodable { var checker: String }
    struct Mutant: Decodable {
      var name: String
      var function: String
      var change: String
      var state: String
      var reason: String
      var failure: Failure?
    }
    struct Timing: Decodable { var found: Int }
    var mutants: [Mutant]
    var timing: Timing
    var verdict: String
  }

  private static func record(_ scratch: Scratch) throws -> Record {
    try JSONDecoder().decode(Record.self, from: Data(scratch.text("r.json").utf8))
  }

  private static func start(_ arguments: [String], _ scratch: Scratch) throws -> StressCommand {
    try StressCommand.start(
      ["kernel", "mutate"] + arguments, in: scratch, through: SeriesCommandTests.launcher(scratch))
  }

  private static func repository(_ scratch: Scratch, _ edits: [SeriesRepository.Edit]) throws -> URL {
    let root = try UserTree(in: scratch, name: "a linux").root
    try Git.run(["init", "--quiet"], in: root)
    try SeriesRepository.commit("Linux", in: root)
    for edit in edits { try SeriesRepository.apply(edit, in: root) }
    try SeriesRepository.commit("Change it", in: root)
    return root
  }

  @Test(.enabled(if: UserTree.source != nil, UserTree.why))
  func `each mutant is told as what it is, and is remembered`() throws {
    try Scratch.use { scratch in
      let root = try Self.repository(scratch, Self.edits)
      // What is not committed has no part in it.
      try "#error not committed\n".write(
        to: root.appendingPathComponent("arch/x86/kvm/mmu/spte.c"), atomically: false, encoding: .utf8)
      let before = try SeriesRepository.bytes(root)
      let arguments = ["--kernel-tree", root.path, "--json", "r.json"]
      let list = try Self.start(arguments + ["--list"], scratch).finish()
      #expect(list.status == 0, "\(list.errors)")
      #expect(list.lastOutputLine == "7 mutants of 6 changed lines")
      #expect(list.output.contains("\n- return (ret);\n+ ;\n"), "\(list.output)")
      #expect(try Self.record(scratch).mutants.allSatisfy { $0.state == "not run" })

      let cold = try Self.start(arguments + Self.little, scratch).finish()
      #expect(cold.status == 0, "\(cold.errors)")
      let record = try Self.record(scratch)
      #expect(
        record.mutants.map { "\($0.change): \($0.state)" } == [
          "statement left out: survived", "statement left out: same", "statement left out: equivalent",
          "statement left out: found", "jump left out: does not build", "statement left out: never ran",
          "value ignored: never ran",
        ], "\(cold.output)")
      #expect(record.mutants[3].failure?.checker == "FRZ-3")
      #expect(record.mutants[1].reason == record.mutants[0].name)
      #expect(record.mutants[4].reason.contains("-Wreturn-type"))
      #expect(record.mutants[5].function == "tdp_mmu_map_handle_target_level")
      let names = record.mutants.map(\.name)
      #expect(
        cold.lastOutputLine == "1 of 4 found (1 equivalent, 1 the same as another, 1 does not build); survived: "
          + "\(names[0]), \(names[5]) (never ran), \(names[6]) (never ran)")
      #expect(try SeriesRepository.bytes(root) == before)
      #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.file("cache/stress/series")) == ["results"])

      // Known, whatever is said besides.
      let warm = try Self.start(
        arguments + Self.little + ["--quiet", "--functions", "tdp_mmu_set_spte_atomic()"], scratch
      ).finish()
      #expect(try Self.record(scratch).timing.found == 0)
      #expect(warm.lastOutputLine.hasSuffix("; survived: \(names[0])"), "\(warm.output)")
      let report = try StressCommand.start(["report", "r.json"], in: scratch).finish()
      #expect(report.errors.contains("it is the record of mutants, of which there are no other reports"))
    }
  }

  @Test(.enabled(if: UserTree.source != nil, UserTree.why))
  func `a commit that is broken itself says nothing of its mutants`() throws {
    try Scratch.use { scratch in
      let root = try Self.repository(
        scratch, [.init(Self.mmu, "\t\tif (ret)\n\t\t\t\(UserTree.restore)\n\t\telse\n", "\t\tif (!ret)\n")])
      let result = try Self.start(["--kernel-tree", root.path, "--quiet"] + Self.little, scratch).finish()
      #expect(result.status == 1, "\(result.errors)")
      #expect(result.lastOutputLine == "FAIL the commit itself breaks FRZ-3; its mutants would say nothing")
      #expect(result.output.contains("The commit itself breaks FRZ-3: a thread leaves its mmu_lock section"))
    }
  }

  @Test(.enabled(if: UserTree.source != nil, UserTree.why))
  func `a disk that is full when the preprocessor runs is no fault of the commit`() throws {
    try Scratch.use { scratch in
      let root = try Self.repository(scratch, Self.edits)
      // It compiles as any other.
      let compiler = """
        #!/bin/sh
        for word; do
          case "$word" in
          */preprocessed-*) echo "x.i: No space left on device" >&2; exit 1 ;;
          esac
        done
        if command -v clang >/dev/null; then exec clang "$@"; fi
        exec gcc "$@"
        """
      try scratch.writeProgram(compiler, to: "cc")
      let result = try StressCommand.start(
        ["kernel", "mutate", "--kernel-tree", root.path, "--list"], in: scratch,
        through: ["/usr/bin/env", "CC=\(scratch.file("cc"))"] + SeriesCommandTests.launcher(scratch)
      ).finish()
      #expect(result.status == 70, "\(result.output)")
      #expect(result.output.contains("cannot be used: No space left on device"), "\(result.output)")
    }
  }

  @Test(.enabled(if: UserTree.source != nil, UserTree.why))
  func `a signal ends it with what is complete, and leaves nothing behind`() throws {
    try Scratch.use { scratch in
      let root = try Self.repository(scratch, Self.edits)
      let command = try Self.start(
        ["--kernel-tree", root.path, "--table", "private-empty", "--executions", "1", "--schedules", "1000000000"],
        scratch)
      #expect(command.waitUntilStarted("mutants of"))
      command.send(SIGINT)
      let result = command.finish()
      #expect(result.status == 130, "\(result.errors)")
      #expect(result.lastOutputLine.hasPrefix("INTERRUPTED with "), "\(result.output)")
      let left = try FileManager.default.contentsOfDirectory(atPath: scratch.file("cache/stress/series"))
      #expect(!left.contains { $0.hasPrefix(".run-") })
    }
  }

  @Test(.enabled(if: UserTree.source != nil, UserTree.why))
  func `what there is nothing to break of is told in a line`() throws {
    try Scratch.use { scratch in
      let root = try Self.repository(
        scratch, [.init("arch/x86/kvm/x86.c", "", "\nint kvm_nobody_calls(void)\n{\n\treturn 12;\n}\n")])
      try SeriesRepository.apply(.init("arch/x86/kvm/svm/svm.c", "", "int nothing;\n"), in: root)
      try SeriesRepository.commit("Touch nothing that is used", in: root)
      try SeriesRepository.apply(.init(Self.mmu, "\t\tKVM_BUG_ON(ret, kvm);\n", "\t\tWARN_ON(ret);\n"), in: root)
      try SeriesRepository.commit("Warn", in: root)
      let whole = root.path
      let cases: [(arguments: [String], repository: String, status: Int32, says: String)] = [
        (["HEAD~2"], whole, 125, "it adds or changes 5 lines, and no statement of a function that is run"),
        (["HEAD~1"], whole, 125, "it adds or changes 1 line, and no"),
        (["HEAD"], whole, 125, "it adds or changes 1 line, and no"),
        (["HEAD~3"], whole, 125, "HEAD~3 has no parent here"),
        (["nothing"], whole, 64, "git knows no commit 'nothing'"),
        ([], "/", 64, "'/' is no git repository that can be read"),
        ([], "nowhere", 64, "'nowhere' is no folder"),
        (["a", "b"], whole, 64, "mutate --help"),
        (["--functions", " ,"], whole, 64, "--functions needs names"),
        ([], "", 64, "not an empty path"),
      ]
      for one in cases {
        let result = try Self.start(one.arguments + ["--kernel-tree", one.repository, "--quiet"], scratch).finish()
        #expect(result.status == one.status, "\(one.arguments): \(result.errors)\(result.output)")
        let told = result.output + result.errors
        #expect(told.contains(one.says), "\(one.arguments): \(told)")
      }
    }
  }
}
