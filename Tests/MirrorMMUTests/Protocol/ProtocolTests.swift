/// The protocols side by side: what all of them do alike, and the one thing that each does in its own way.
import CAtomics
import Machine
import MirrorMMU
import SecureEPT
import Testing

@Suite struct ProtocolTests {
  @Test(arguments: ProtocolName.allCases)
  func `every protocol maps, zaps, converts and tears down 4K pages without a word`(name: ProtocolName) throws {
    let vm = try Vm(protocolName: name)
    vm.perform(.fault, 3)
    vm.perform(.fault, 4)
    vm.perform(.zap, 3..<4)
    vm.perform(.convert, 4..<8)
    vm.perform(.fault2M, 600)
    vm.perform(.split, 512..<1024)
    #expect(vm.mirrorLevel(3) == nil && vm.directLevel(5) == nil && vm.directLevel(600) == 1)
    #expect(vm.foundAtRest == nil)
    vm.tearDown()
    #expect(vm.liveTables == 0 && vm.violation == nil)
  }

  @Test(arguments: ProtocolName.allCases)
  func `an exclusive split of a private huge page is for the protocols that propagate it`(name: ProtocolName) throws {
    let vm = try Vm(.huge, protocolName: name)
    vm.perform(.fault, 7)
    vm.perform(.splitExclusive, 0..<512)
    let refuses = ["caller-propagates", "patch-08"].contains(name.rawValue)
    #expect(vm.violation?.checker == (refuses ? .bug1 : nil))
    if refuses {
      #expect(vm.violation?.seen == "KVM_BUG_ON(is_shadow_present_pte(new_spte)) in tdp_mmu_set_spte() fired")
    } else {
      #expect(vm.foundAtRest == nil)
    }
  }

  @Test(arguments: ProtocolName.allCases)
  func `BUSY leaves the statistics wrong where they are updated before the propagation`(name: ProtocolName) throws {
    let vm = try Vm(protocolName: name)
    vm.perform(.fault, 3)
    vm.task.pointee.busyThreshold = 1 << 32
    var attempts = 0
    let interruption = Interruption(vm.task) { kind, _ in
      guard kind == SCHEDULE_RELAX.rawValue else { return }
      attempts += 1
      if attempts == 2 { vm.task.pointee.busyThreshold = 0 }
    }
    vm.perform(.fault, 4)
    interruption.end()
    let drifts = name.rawValue == "chokepoint"
    #expect(vm.pages(1) == (drifts ? 4 : 2))
    #expect(vm.foundAtRest == (drifts ? .cnt1 : nil))
  }

  @Test func `a removal test by presence lets mirror and S-EPT part`() throws {
    let name = try #require(ProtocolName(rawValue: "series-end+not-present"))
    let vm = try Vm(.huge, protocolName: name)
    vm.perform(.fault, 7)
    vm.perform(.splitExclusive, 0..<512)
    #expect(vm.mirrorLevel(7) == 1 && vm.sept(7).level == 2)
    // The lock is dropped at the same time as the change is over: either rule may speak first.
    #expect([CheckerID.dup1, .eq1].contains(vm.violation?.checker))
  }

  @Test(arguments: ["mainline+bug-on-shared", "chokepoint+bug-on-shared"])
  func `where one place propagates, it must not bug on the shared lock`(text: String) throws {
    let vm = try Vm(protocolName: #require(ProtocolName(rawValue: text)))
    vm.perform(.fault, 3)
    #expect(vm.violation?.checker == .bug1)
  }

  @Test(arguments: ["mainline+exclusive-only", "chokepoint+exclusive-only"])
  func `where one place propagates, it must do so under the shared lock too`(text: String) throws {
    let vm = try Vm(protocolName: #require(ProtocolName(rawValue: text)))
    vm.perform(.fault, 3)
    #expect(vm.violation?.checker == .ord2)
  }

  @Test func `a protocol has one name for each set of alternatives`() {
    for name in ProtocolName.withAlternatives { #expect(ProtocolName(rawValue: name.rawValue) == name) }
    #expect(ProtocolName(rawValue: "series-end+not-present+bug-on-shared") != nil)
    for text in [
      "", "+", "mainline+", "mainline+not-present", "caller-propagates+bug-on-shared", "Mainline", "mainline ",
      "series-end+bug-on-shared+not-present", "series-end+not-present+not-present",
    ] {
      #expect(ProtocolName(rawValue: text) == nil, "\(text)")
    }
  }
}
