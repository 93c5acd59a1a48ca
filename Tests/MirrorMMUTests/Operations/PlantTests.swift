/// A planted huge page is what a fault would have mapped, and no checker minds it.
import CAtomics
import Machine
import MirrorMMU
import SecureEPT
import Testing

@Suite struct PlantTests {
  private func vm(_ policy: Policy) throws -> Vm { try Vm(policy, finalized: false) }

  @Test(arguments: Policy.allCases)
  func `it stands in mirror and S-EPT, with statistics, and breaks no rule`(policy: Policy) throws {
    let vm = try vm(policy)
    #expect(vm.perform(.plant, 7).outcome == .done)
    vm.subject.finalize()
    #expect(vm.mirrorLevel(7) == 2 && vm.mirror(7).pfn == 0)
    #expect(vm.sept(511) == (.mapped, 0, 2))
    #expect(vm.pages(2) == 1 && vm.tables == 2)
    #expect(vm.foundAtRest == nil)
  }

  @Test func `only where nothing is mapped, in private memory, before the TD runs`() throws {
    let vm = try vm(.fourK)
    vm.perform(.fault, 7)
    #expect(vm.perform(.plant, 0..<512).outcome == .nothing)
    #expect(vm.perform(.plant, 512..<1024).outcome == .nothing)
    vm.subject.finalize()
    #expect(vm.perform(.plant, 1024..<1536).outcome == .nothing)
    #expect(vm.mirrorLevel(7) == 1 && vm.mirrorLevel(1024) == nil && vm.foundAtRest == nil)
  }

  @Test(arguments: Policy.allCases, [Operation.splitExclusive, .zap])
  func `what it meets is a bug with policy 4k alone`(policy: Policy, operation: Operation) throws {
    let vm = try vm(policy)
    vm.perform(.plant, 7)
    vm.subject.finalize()
    vm.perform(operation, 0..<512)
    #expect(vm.violation?.checker == (policy == .fourK ? .bug1 : nil))
    guard policy != .fourK else { return }
    #expect(vm.mirrorLevel(7) == (operation == .zap ? nil : 1))
    #expect(vm.foundAtRest == nil)
    vm.tearDown()
    #expect(vm.liveTables == 0 && vm.violation == nil)
  }

  @Test func `a VM after it has none`() throws {
    let vm = try vm(.fourK)
    vm.perform(.plant, 7)
    vm.subject.build(vm.task)
    let sequence = vm.subject.kvm.pointee.invalidation.sequenceWord.pointee
    vm.perform(.splitExclusive, 0..<512)
    #expect(vm.subject.kvm.pointee.invalidation.sequenceWord.pointee == sequence)
  }
}
