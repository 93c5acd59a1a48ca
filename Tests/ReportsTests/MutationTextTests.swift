import Foundation
import Records
import Reports
import Testing

/// What a person reads of a commit's mutants.
@Suite struct MutationTextTests {
  private static func mutant(
    _ line: Int, _ state: MutationRecord.State, _ reason: String = ""
  ) -> MutationRecord.Mutant {
    var mutant = MutationRecord.Mutant(
      name: "tdp_mmu.c:\(line) condition made true", file: "arch/x86/kvm/mmu/tdp_mmu.c", line: line, function: "f",
      change: "condition made true", before: "if (a)", after: "if (((a), 1))")
    mutant.state = state
    mutant.reason = reason
    return mutant
  }

  private static func record(_ change: (inout MutationRecord) -> Void) -> MutationRecord {
    var record = MutationRecord(
      build: nil, repository: "linux", commit: String(repeating: "ab", count: 20), subject: "Change it",
      parent: String(repeating: "cd", count: 20), seed: "0x0000000000000001", schedules: 40_000, executions: 40)
    record.version = "7.3.4"
    record.changedLines = 12
    change(&record)
    return record
  }

  private static let failure = SeriesRecord.Failure(
    checker: "MAP-1", rule: "a fault maps", place: "fault x zap, private-empty", engine: "exhaust", expected: "e",
    seen: "s", foundAt: 0, token: "k1:AA", verified: 3, replays: 3, interleaving: nil)

  private static let complete = record { record in
    record.operations = ["fault", "zap"]
    record.unseen = [.init(name: "g()", file: "arch/x86/kvm/x86.c", reason: "not compiled")]
    record.mutants = [
      mutant(1, .found), mutant(2, .survived), mutant(3, .neverRan), mutant(4, .equivalent), mutant(5, .equivalent),
      mutant(6, .same, "tdp_mmu.c:1 condition made true"), mutant(7, .doesNotBuild, "f.c:7:1: no"),
      mutant(8, .harnessFault, "no memory"),
    ]
    record.mutants[0].failure = failure
  }

  @Test func `a report has each mutant, what survived with its lines, and the count`() {
    let text = MutationText(Self.complete).render()
    for part in [
      "160 of each with fault, zap, 40 of each; 40,000 schedules", "found: MAP-1, fault x zap, private-empty",
      "SURVIVED: never ran", "same as tdp_mmu.c:1 condition made true", "does not build: f.c:7:1: no",
      "\ntdp_mmu.c:2 condition made true, f()\n- if (a)\n+ if (((a), 1))\n", "condition made true, f(), never ran\n",
      "changed, not compiled: g() (arch/x86/kvm/x86.c)",
    ] { #expect(text.contains(part), "\(text)") }
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 120 || $0.contains("survived: ") })
  }

  static let verdicts: [(MutationRecord, String)] = [
    (
      complete,
      "1 of 3 found (2 equivalent, 1 the same as another, 1 does not build, 1 could not be run); survived: "
        + "tdp_mmu.c:2 condition made true, tdp_mmu.c:3 condition made true (never ran)"
    ),
    (record { $0.mutants = [mutant(1, .found)] }, "1 of 1 found"),
    (
      record { record in
        record.mutants = [mutant(1, .found), mutant(2, .notRun)]
        record.interrupted = true
      }, "INTERRUPTED with 1 of 2 mutants not run; 1 of 1 found"
    ),
    (
      record { record in
        record.mutants = [mutant(1, .found), mutant(2, .notRun)]
        record.harnessFaults = ["no space"]
      }, "1 of 1 found (1 not run)"
    ),
    (
      record { record in
        record.mutants = [mutant(1, .notRun)]
        record.isList = true
      }, "1 mutant of 12 changed lines"
    ),
    (
      record { record in
        record.verdict = .broken
        record.failure = failure
      }, "FAIL the commit itself breaks MAP-1; its mutants would say nothing"
    ),
    (
      record { record in
        record.verdict = .broken
        record.reason = "f.c:1:2: no"
      }, "FAIL the commit itself does not build: f.c:1:2: no; its mutants would say nothing"
    ),
    (
      record { record in
        record.verdict = .nothingTried
        record.reason = "it adds nothing"
      }, "NOTHING TO BREAK: it adds nothing"
    ),
    (
      record { record in
        record.verdict = .harnessFault
        record.harnessFaults = ["no memory"]
      }, "HARNESS FAULT: nothing is known of the mutants"
    ),
  ]

  @Test(arguments: verdicts)
  func `the last line is the verdict`(record: MutationRecord, line: String) throws {
    #expect(MutationText(record).renderQuietly().split(separator: "\n").last.map(String.init) == line)
    #expect(MutationText(record).render().split(separator: "\n").last.map(String.init) == line)
    let data = try RecordJSON.encode(record)
    #expect(try JSONDecoder().decode(MutationRecord.self, from: data) == record)
    #expect(throws: RecordJSONError.self) { try RecordJSON.decodeAny(data) }
  }

  @Test func `a mutant that could not be run is the harness's fault, and one that survived nobody's`() {
    #expect(Self.complete.conclusion == .harnessFault)
    #expect(Self.record { $0.mutants = [Self.mutant(1, .survived), Self.mutant(2, .neverRan)] }.conclusion == .clean)
    #expect(Self.record { $0.harnessFaults = ["no space"] }.conclusion == .harnessFault)
  }
}
