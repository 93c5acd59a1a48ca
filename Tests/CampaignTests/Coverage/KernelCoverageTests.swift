/// What runs of a kernel's code is counted, and nothing else is other than without.
import Campaign
import Foundation
import KernelMMU
import TestSupport
import Testing

@Suite(.serialized, .enabled(if: KernelTrees.newest != nil, KernelTrees.why)) struct KernelCoverageTests {
  private static let tdpMmu = "arch/x86/kvm/mmu/tdp_mmu.c"

  private static func kernel(_ compiler: String, coverage: Bool) throws -> KernelSubject {
    try KernelSubject.open(
      #require(KernelTrees.newest), compiler: compiler, coverage: coverage)
  }

  private static func explore(_ kernel: KernelSubject, jobs: Int = 1, _ schedules: UInt64 = 400) -> RunRecord {
    var configuration = ExploreConfiguration(length: .schedules(schedules), seed: 11, jobs: jobs)
    configuration.kernel = kernel
    return Explorations.run(configuration)
  }

  private static func rest(_ record: RunRecord) -> RunRecord {
    var rest = record
    (rest.code, rest.timing) = (nil, .init())
    return rest
  }

  @Test(arguments: KernelTrees.compilers)
  func `schedules are the same, and what ran is told`(compiler: String) throws {
    let without = Self.explore(try Self.kernel(compiler, coverage: false))
    let with = Self.explore(try Self.kernel(compiler, coverage: true))
    #expect(without.code == nil)
    #expect(Self.rest(with) == Self.rest(without))
    let file = try #require(with.code?.file(Self.tdpMmu))
    #expect(file.linesRun > file.lines.count / 2 && file.linesRun < file.lines.count)
    #expect(file.branchesRun > file.branches.count / 4 && file.branchesRun < file.branches.count)
    let map = try #require(file.functions.first { $0.name == "kvm_tdp_mmu_map" })
    #expect(map.count > 400)
    #expect(with.code?.files.allSatisfy { !$0.path.hasPrefix("/") && !$0.path.hasPrefix("shim") } == true)
  }

  @Test func `what breaks a rule gives the same token`() throws {
    func token(_ coverage: Bool) throws -> String? {
      let edit = [Self.tdpMmu: [("if (is_frozen_spte(iter.old_spte))", "if (0)")]]
      return try KernelTrees.withTree(edit) { tree in
        Self.explore(try KernelSubject.open(tree, coverage: coverage), 20_000).violations.first?.reproduction?.token
      }
    }
    let without = try #require(try token(false))
    #expect(try token(true) == without)
  }

  @Test func `the same lines run whatever the number of processors`() throws {
    let kernel = try Self.kernel(try #require(KernelTrees.compilers.first), coverage: true)
    func lines(_ jobs: Int) -> [Int]? {
      Self.explore(kernel, jobs: jobs).code?.file(Self.tdpMmu)?.lines.filter { $0.count > 0 }.map(\.number)
    }
    let alone = lines(1)
    #expect(alone != nil && alone == lines(2))
  }

  /// gcov has the counters in a file, written here.
  @Test(.enabled(if: KernelTrees.compilers.contains("gcc"), "no gcc"))
  func `lines and branches of a kernel are as gcov counts them`() throws {
    let kernel = try Self.kernel("gcc", coverage: true)
    let coverage = try #require(kernel.coverage)
    _ = Self.explore(kernel)
    let counters = coverage.counters()
    let counts = coverage.counts(since: .none)
    let unit = "arch-x86-kvm-mmu-tdp_mmu.c"
    let notes = try Data(contentsOf: coverage.notes.appendingPathComponent("\(unit).gcno"))
    var next = 0
    var own: [(KernelCoverage.Function, ArraySlice<UInt64>)] = []
    for function in coverage.functions {
      if function.unit == unit { own.append((function, counters.values[next..<next + function.count])) }
      next += function.count
    }
    let scratch = try OwnedScratch()
    let tree = URL(fileURLWithPath: try #require(KernelTrees.newest))
    try notes.write(to: scratch.folder.appendingPathComponent("\(unit).gcno"))
    try Data(GcovData.file(own, notes: Array(notes))).write(to: scratch.folder.appendingPathComponent("\(unit).gcda"))
    let said = GcovText.read(
      try Gcov.run(["-t", "-b", "-c", scratch.folder.appendingPathComponent("\(unit).gcda").path], in: tree))
    let name = try #require(said.keys.first { $0.hasSuffix(Self.tdpMmu) })
    let (gcov, file) = (try #require(said[name]), try #require(counts.files[Self.tdpMmu]))
    let differing = Set(file.lines.keys).union(gcov.lines.keys).filter { file.lines[$0] != gcov.lines[$0] }.sorted()
    #expect(differing.map { "\($0): \(file.lines[$0] ?? 0), gcov \(gcov.lines[$0] ?? 0)" } == [])
    #expect(gcov.lines.count > 300)
    let branches = file.branches.sorted { ($0.key.line, $0.key.number) < ($1.key.line, $1.key.number) }.map(\.value)
    #expect(branches == gcov.branches && branches.count > 200)
  }
}
