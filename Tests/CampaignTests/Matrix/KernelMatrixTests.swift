/// A user's own kernel as a column of the matrix.
import Campaign
import KernelMMU
import MirrorMMU
import Testing

@Suite(.enabled(if: KernelTrees.newest != nil, KernelTrees.why)) struct KernelMatrixTests {
  private func configuration(_ kernel: KernelSubject) -> MatrixConfiguration {
    var configuration = MatrixConfiguration()
    configuration.parts = [.kernel]
    configuration.kernel = kernel
    configuration.isQuick = true
    configuration.minimizes = false
    configuration.schedules = 96
    return configuration
  }

  /// No table of the mirror is restored after BUSY.
  private func broken() throws -> KernelSubject {
    try KernelTrees.broken([
      ("__kvm_tdp_mmu_write_spte(iter->sptep, iter->old_spte);", "__kvm_tdp_mmu_write_spte(iter->sptep, new_spte);")
    ])
  }

  @Test func `a kernel has one column, of the scenarios that it can be asked for`() throws {
    let kernel = try KernelTrees.kernel()
    let record = Runs.named { Matrix(configuration: configuration(kernel), stateName: $0).run() }
    #expect(record.verdict == .asExpected, "\(record.differences)")
    #expect(record.protocols == ["linux-\(kernel.version)"] && record.policies == ["4k"])
    #expect(record.scenarios == MatrixConfiguration.allScenarios.filter(\.isComparable).map(\.rawValue))
    #expect(record.cells.map(\.scenario) == record.scenarios)
    #expect(record.cells.allSatisfy { $0.schedules == 96 && $0.protocol == record.protocols[0] })
    #expect(record.kernel?.tree == SeedText.format(kernel.treeHash))
    #expect(record.mutantCells.isEmpty && record.timing.threadRuns.isEmpty)
  }

  @Test func `beside protocols it is the last column`() throws {
    var configuration = configuration(try KernelTrees.kernel())
    configuration.parts = [.protocols, .kernel]
    configuration.protocols = [.mainline]
    configuration.scenarios = [.faultZap, .planted]
    let record = Runs.named { Matrix(configuration: configuration, stateName: $0).run() }
    #expect(record.protocols == ["mainline", "linux-\(try KernelTrees.kernel().version)"])
    #expect(record.scenarios == ["fault-zap", "planted"] && record.policies.count == 3)
    let own = record.cells.filter { $0.protocol == record.protocols[1] }
    #expect(own.map(\.scenario) == ["fault-zap"] && own.map(\.policy) == ["4k"])
  }

  @Test func `a broken kernel differs, with a token of its own`() throws {
    let kernel = try broken()
    var configuration = configuration(kernel)
    configuration.scenarios = [.faultFault, .busy]
    configuration.schedules = 20_000
    let record = Runs.named { Matrix(configuration: configuration, stateName: $0).run() }
    #expect(record.verdict == .differs)
    let difference = try #require(record.differences.first)
    #expect(difference.cell.hasPrefix("protocol linux-\(kernel.version), policy 4k, scenario "))
    #expect(difference.expected == ["OK"] && difference.seen == "ORD-3")
    #expect(difference.command.contains("--kernel-tree "))
    #expect(try Token(parsing: difference.token).kernelTree == kernel.treeHash)
  }

  @Test(arguments: [false, true])
  func `expectations name a kernel by its version or all of them`(namesVersion: Bool) throws {
    let kernel = try broken()
    var configuration = configuration(kernel)
    configuration.scenarios = [.busy]
    let name = namesVersion ? "linux-\(kernel.version)" : "linux"
    let text = """
      {"cells": [{"protocol": "\(name)", "policies": ["4k"], "scenarios": ["busy"], "outcome": "ORD-3",
        "reason": "a test"}], "mutants": []}
      """
    configuration.expectations = try MatrixExpectations(parsing: Array(text.utf8))
    let record = Runs.named { Matrix(configuration: configuration, stateName: $0).run() }
    #expect(record.verdict == .asExpected)
    #expect(record.cells.map(\.outcome) == ["ORD-3"] && record.cells[0].reason == "a test")
  }
}
