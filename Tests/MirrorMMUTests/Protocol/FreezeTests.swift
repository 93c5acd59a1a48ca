/// The update sequence of protocol `mainline` seen from inside: what a thread that looks in the middle would find.
import CAtomics
import Machine
import MirrorMMU
import SecureEPT
import Testing

@Suite struct FreezeTests {
  /// Kinds of the events that touched `gfn` at `level`, in order.
  private func kinds(_ vm: Vm, _ gfn: Gfn, level: Int, since first: Int) -> [String] {
    (first..<vm.task.pointee.head).map { vm.task.pointee.events[$0 & (Task.eventCapacity - 1)] }
      .filter { $0.gfn == gfn && Int($0.level) == level }
      .map { event in
        switch event.kind {
        case .cmpxchg, .store: "\(event.kind) \(name(event.old)) to \(name(event.new))"
        case .seamcall: "\(event.seamcall.name) \(event.status.name)"
        default: "\(event.kind)"
        }
      }
  }

  private func name(_ spte: UInt64) -> String {
    spte == Spte.frozen ? "frozen" : spte == Spte.nonpresent ? "empty" : "present"
  }

  @Test func `a mirror SPTE is frozen, propagated, then written`() throws {
    let vm = try Vm()
    vm.perform(.fault, 3)
    let first = vm.task.pointee.head
    vm.perform(.fault, 4)
    #expect(
      kinds(vm, 4, level: 1, since: first)
        == [
          "cmpxchg empty to frozen", "TDH.MEM.PAGE.AUG SUCCESS", "store frozen to present", "operationEnd",
        ].dropLast())
  }

  @Test func `a direct SPTE is written by one cmpxchg`() throws {
    let vm = try Vm()
    vm.perform(.fault, 515)
    let first = vm.task.pointee.head
    vm.perform(.fault, 516)
    #expect(kinds(vm, 516, level: 1, since: first) == ["cmpxchg empty to present"])
  }

  @Test func `BUSY restores the old value, changes no statistics, and the fault is retried`() throws {
    let vm = try Vm()
    vm.perform(.fault, 3)
    let live = vm.liveTables
    let first = vm.task.pointee.head
    vm.task.pointee.busyThreshold = 1 << 32
    var seen: [UInt64] = []
    let interruption = Interruption(vm.task) { kind, _ in
      guard kind == SCHEDULE_RELAX.rawValue else { return }
      #expect(vm.mirror(4).spte == Spte.nonpresent)
      #expect(vm.sept(4).state == .free)
      #expect(vm.pages(1) == 1 && vm.tables == 3 && vm.liveTables == live)
      #expect(vm.task.pointee.lockMode == .none && vm.task.pointee.rcuDepth == 0)
      seen.append(vm.mirror(4).spte)
      if seen.count == 3 { vm.task.pointee.busyThreshold = 0 }
    }
    let effect = vm.perform(.fault, 4)
    interruption.end()
    #expect(effect.outcome == .retried)
    #expect(seen.count == 3)
    let attempt = ["cmpxchg empty to frozen", "TDH.MEM.PAGE.AUG OPERAND_BUSY", "store frozen to empty"]
    let success = ["cmpxchg empty to frozen", "TDH.MEM.PAGE.AUG SUCCESS", "store frozen to present"]
    #expect(kinds(vm, 4, level: 1, since: first) == attempt + attempt + attempt + success)
    #expect(vm.task.pointee.coverage[Int(Coverage.busyRestored.rawValue)] == 3)
    #expect(vm.pages(1) == 2)
    #expect(vm.foundAtRest == nil)
  }

  @Test func `BUSY when a table is linked gives the unused tables back`() throws {
    let vm = try Vm()
    let live = vm.liveTables
    vm.task.pointee.busyThreshold = 1 << 32
    var attempts = 0
    let interruption = Interruption(vm.task) { kind, _ in
      guard kind == SCHEDULE_RELAX.rawValue else { return }
      #expect(vm.mirror(3).spte == Spte.nonpresent && vm.mirror(3).level == 4)
      #expect(vm.liveTables == live && vm.tables == 0)
      attempts += 1
      if attempts == 2 { vm.task.pointee.busyThreshold = 0 }
    }
    #expect(vm.perform(.fault, 3).outcome == .retried)
    interruption.end()
    #expect(attempts == 2)
    #expect(vm.tables == 3 && vm.mirrorLevel(3) == 1)
    #expect(vm.foundAtRest == nil)
  }

  @Test(arguments: [1, 2, 3, 4])
  func `a fault that meets FROZEN leaves it alone and retries until it is thawed`(level: Int) throws {
    let vm = try Vm()
    vm.perform(.fault, 3)
    vm.perform(.zap, 3)
    var page = vm.mirrorRoot
    for upper in stride(from: 4, to: level, by: -1) {
      page = PageArena.page(pfn: Spte.pfn((vm.machine.pointee.arena.table(page) + Spte.index(3, upper)).pointee))
    }
    let entry = vm.machine.pointee.arena.table(page) + Spte.index(3, level)
    let old = entry.pointee
    entry.pointee = Spte.frozen
    let live = vm.liveTables
    var attempts = 0
    let interruption = Interruption(vm.task) { kind, _ in
      guard kind == SCHEDULE_RELAX.rawValue else { return }
      #expect(entry.pointee == Spte.frozen)
      #expect(vm.task.pointee.lockMode == .none && vm.liveTables == live)
      attempts += 1
      if attempts == 2 { entry.pointee = old }
    }
    #expect(vm.perform(.fault, 3).outcome == .retried)
    interruption.end()
    #expect(attempts == 2)
    #expect(vm.mirrorLevel(3) == 1)
    #expect(vm.task.pointee.coverage[Int(Coverage.metFrozen.rawValue)] > 0)
    #expect(vm.foundAtRest == nil)
  }

  @Test func `while the S-EPT is written the mirror SPTE reads FROZEN`() throws {
    let vm = try Vm()
    vm.perform(.fault, 3)
    var seen: Set<UInt64> = []
    let interruption = Interruption(vm.task) { kind, _ in
      if kind == SCHEDULE_SEAMCALL.rawValue { seen.insert(vm.mirror(4).spte) }
    }
    vm.perform(.fault, 4)
    interruption.end()
    #expect(seen == [Spte.frozen])
  }

  @Test func `a cmpxchg that lost is retried on fresh data, and the winner's page stays`() throws {
    let vm = try Vm()
    vm.perform(.fault, 515)
    let leaf = vm.direct(515).spte
    var once = true
    let interruption = Interruption(vm.task) { kind, address in
      guard once, kind == SCHEDULE_RMW.rawValue, address == UnsafeRawPointer(vm.direct(516).entry) else { return }
      once = false
      vm.direct(516).entry.pointee = leaf + (1 << 12)
      vm.other.pointee.pageStatistics[1] += 1
    }
    #expect(vm.perform(.fault, 516).outcome == .retried)
    interruption.end()
    #expect(!once)
    #expect(vm.direct(516).spte == leaf + (1 << 12))
    #expect(vm.task.pointee.coverage[Int(Coverage.lostCmpxchg.rawValue)] == 1)
    #expect(vm.foundAtRest == nil)
  }

  @Test func `aging that loses its entry does not try again`() throws {
    let vm = try Vm()
    vm.perform(.fault, 600)
    var once = true
    let interruption = Interruption(vm.task) { kind, address in
      guard once, kind == SCHEDULE_RMW.rawValue, address == UnsafeRawPointer(vm.direct(600).entry) else { return }
      once = false
      vm.direct(600).entry.pointee &= ~Spte.dirty
    }
    #expect(vm.perform(.age, 600).outcome == .lost)
    interruption.end()
    #expect(vm.direct(600).spte & Spte.accessed != 0)
  }

  @Test func `a fault whose lookup an invalidation made stale is retried`() throws {
    let vm = try Vm()
    vm.perform(.fault, 3)
    var once = true
    let lock = UnsafeRawPointer(vm.machine.pointee.mmuLock.pointee.writer)
    let interruption = Interruption(vm.task) { kind, address in
      guard once, kind == SCHEDULE_LOCK_SHARED.rawValue, address == lock else { return }
      once = false
      // Another thread converts the page between the lookup and mmu_lock.
      _ = vm.subject.perform(vm.other, Request(operation: .convert, range: 4..<5, draw: 1))
    }
    let effect = vm.perform(.fault, 4)
    interruption.end()
    #expect(effect.outcome == .retried)
    #expect(effect.mapped?.isPrivate == false)
    #expect(vm.mirrorLevel(4) == nil && vm.directLevel(4) == 1)
    #expect(vm.task.pointee.coverage[Int(Coverage.staleFault.rawValue)] == 1)
    #expect(vm.foundAtRest == nil)
  }

  @Test func `a table that is taken down under the shared lock waits for an entry that is frozen`() throws {
    let vm = try Vm()
    vm.execute(600)
    let entry = vm.direct(601).entry
    entry.pointee = Spte.frozen
    var waits = 0
    let interruption = Interruption(vm.task) { kind, address in
      guard kind == SCHEDULE_RELAX.rawValue, address == UnsafeRawPointer(entry) else { return }
      waits += 1
      if waits == 3 { entry.pointee = Spte.nonpresent }
    }
    #expect(vm.perform(.nxRecover, 0, draw: 0).outcome == .done)
    interruption.end()
    #expect(waits == 3)
    #expect(entry.pointee == Spte.frozen)
    #expect(vm.foundAtRest == nil)
  }
}
