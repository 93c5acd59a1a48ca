/// The guest: it faults pages in, accepts them, and is kept out of what is shared.
import Machine
import MirrorMMU
import SecureEPT
import Testing

@Suite struct GuestTests {
  @Test func `a touch of an unmapped gfn is an EPT violation, which the fault resolves`() throws {
    let vm = try Vm()
    let effect = vm.perform(.guest, 3)
    #expect(effect.outcome == .done)
    #expect(effect.mapped?.gfn == 3)
    #expect(vm.mirrorLevel(3) == 1 && vm.sept(3).state == .pending)
  }

  @Test func `the next touch accepts the pending page`() throws {
    let vm = try Vm()
    vm.perform(.guest, 3)
    let effect = vm.perform(.guest, 3)
    #expect(effect.outcome == .done && effect.mapped == nil)
    #expect(vm.sept(3).state == .mapped)
    #expect(vm.foundAtRest == nil)
  }

  @Test func `a huge page is accepted as a whole`() throws {
    let vm = try Vm(.huge)
    vm.perform(.guest, 3)
    vm.perform(.guest, 400)
    #expect(vm.sept(3) == (.mapped, 0, 2))
  }

  @Test func `an accepted page is accepted again after a zap and a fault`() throws {
    let vm = try Vm()
    for _ in 0..<2 { vm.perform(.guest, 3) }
    vm.perform(.zap, 3)
    vm.perform(.guest, 3)
    #expect(vm.sept(3).state == .pending)
    #expect(vm.violation == nil)
  }

  @Test func `a demotion keeps what was accepted`() throws {
    let vm = try Vm(.huge)
    for _ in 0..<2 { vm.perform(.guest, 3) }
    vm.perform(.splitExclusive, 0..<512)
    #expect(vm.sept(400) == (.mapped, 400, 1))
    vm.perform(.guest, 400)
    #expect(vm.foundAtRest == nil)
  }
}
