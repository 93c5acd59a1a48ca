import Episodes
import Executions
import Records
import Testing

/// Spins become one row, or one run of rows, with a count; nothing else does.
@Suite struct FoldingTests {
  private func rows(_ actions: [String], threads: [Int]? = nil) -> [Interleaving.Row] {
    actions.enumerated().map { index, action in
      Interleaving.Row(
        step: UInt64(index + 1), thread: threads?[index] ?? 0, action: action, spte: "FROZEN", external: "free",
        changesSpte: false, changesExternal: false, isPreemption: false, matters: true)
    }
  }

  private func folded(_ rows: [Interleaving.Row], keeping step: UInt64? = nil) -> [String] {
    TraceFolding.fold(rows, keeping: step).map { $0.repeats > 1 ? "\($0.action) x\($0.repeats)" : $0.action }
  }

  @Test func `the same step again and again is one row`() {
    #expect(folded(rows(["a", "b", "b", "b", "c"])) == ["a", "b x3", "c"])
  }

  @Test func `a retry of several steps is one run of rows`() {
    #expect(folded(rows(["a", "b", "c", "b", "c", "b", "c", "b"])) == ["a", "b x3", "c x3", "b"])
  }

  @Test func `two threads that spin in turns fold together`() {
    #expect(folded(rows(["a", "a", "a", "a"], threads: [0, 1, 0, 1])) == ["a x2", "a x2"])
  }

  @Test func `a step of another thread ends a spin`() {
    #expect(folded(rows(["a", "a", "a"], threads: [0, 1, 1])) == ["a", "a x2"])
  }

  @Test func `a step that writes is never folded`() {
    var spin = rows(["a", "a", "a"])
    spin[1].changesSpte = true
    #expect(folded(spin) == ["a", "a", "a"])
  }

  @Test func `the step that broke the rule keeps a row of its own`() {
    let spin = rows(["a", "a", "a", "a"])
    #expect(folded(spin, keeping: 4) == ["a x3", "a"])
  }

  @Test func `no row is lost`() {
    let spin = rows(["a", "b", "a", "b", "a", "a", "b", "b", "b", "a", "b"])
    #expect(TraceFolding.fold(spin, keeping: nil).reduce(0) { $0 + $1.repeats } == 11)
  }
}
