import Campaign
import KernelMMU
import Machine
import SecureEPT
import Testing

/// What is said above the kernel's code of what a kernel can be asked for, and of what a run of it cannot see, is what
/// that code says itself.
@Suite struct OfferedTests {
  @Test(arguments: Operation.allCases) func `an operation is offered where the kernel's code offers it`(
    operation: Operation
  ) {
    for policy in Policy.allCases { #expect(policy.isOffered(operation) == KernelVM.offers(operation, policy)) }
    #expect(operation.needsPrivateMemory == KernelVM.needsPrivateMemory(operation))
  }

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
    #expect(kernel.unseenLines.count == 3)
  }
}
