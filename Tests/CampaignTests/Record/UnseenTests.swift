import Campaign
import KernelMMU
import Testing

/// What is said of what a run cannot see.
@Suite struct UnseenTests {
  @Test func `a record tells unseen changes in the lines of kernel doctor`() {
    let changes = [
      UnseenChange(name: "one()", file: "mmu.c", reason: "not compiled"),
      UnseenChange(name: "", file: "spte.c", reason: "never called"),
      UnseenChange(name: "two()", file: "mmu.c", reason: "not compiled"),
      UnseenChange(name: "two()", file: "mmu.c", reason: "not compiled"),
      UnseenChange(name: "three()", file: "mmu.c", reason: "never called"),
    ]
    let kernel = RunRecord.Kernel(
      version: "7.3", tree: "0x0", path: ".",
      unseen: changes.map { .init(name: $0.name, file: $0.file, reason: $0.reason) })
    #expect(kernel.unseenLines == UnseenChange.lines(changes))
    #expect(
      kernel.unseenLines == [
        "changed, not compiled: one(), two() (mmu.c)", "changed, never called: spte.c",
        "changed, never called: three() (mmu.c)",
      ])
  }
}
