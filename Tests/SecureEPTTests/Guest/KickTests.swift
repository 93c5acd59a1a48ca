/// Kicks: KVM gets every vCPU out of the guest, and keeps it out while it has to.
import Machine
import SecureEPT
import TestSupport
import Testing

@Suite struct KickTests {
  @Test func `a kick waits until the vCPU has left`() throws {
    let domain = try Domain(tasks: 3)
    defer { domain.destroy() }
    try domain.put(.mapped, 3)
    let exits = UnsafeMutablePointer<Domain.Exit>.allocate(capacity: 2)
    exits.initialize(repeating: .done, count: 2)
    defer { exits.deallocate() }
    let guests = Threads(2) { id in
      // It would stay for ever.
      exits[id] = Domain.Exit(domain.td.runGuest(domain.task(id), count: .max, zeroStep: false) { _ in 3 })
    }
    #expect(eventually { (0..<2).allSatisfy { domain.task($0).published(.guestEpoch) == 1 } })
    domain.td.kickAll(domain.task(2))
    #expect((0..<2).allSatisfy { domain.task($0).published(.guestEpoch) == 0 })
    guests.join()
    #expect(exits[0] == .kicked)
    #expect(exits[1] == .kicked)
    #expect(domain.task(2).pointee.coverage[Int(Coverage.guestKicked.rawValue)] == 2)
    #expect(domain.task(2).published(.waiting) == 0)
    // A kick does not outlast its wait.
    #expect(domain.enter(0, [3]) == .done)
  }

  @Test func `who kicks says so while it waits, and a halt ends the wait`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    try domain.put(.mapped, 3)
    let guest = Threads(1) { _ in
      _ = domain.enter(1, [3]) { _ = eventually { domain.task(0).isHalted } }
    }
    #expect(eventually { domain.task(1).published(.guestEpoch) == 1 })
    let kicker = Threads(1) { _ in domain.td.kickAll(domain.task(0)) }
    #expect(eventually { domain.task(0).published(.waiting) == Task.Waiting.guestExit.rawValue << 56 | 1 })
    domain.machine.pointee.halt()
    kicker.join()
    guest.join()
    #expect(domain.task(0).published(.waiting) == 0)
  }

  @Test func `a kick of an empty guest, or of one's own vCPU, does not wait`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    try domain.put(.mapped, 3)
    domain.td.kickAll(domain.task(0))
    #expect(domain.enter(1, [3]) { domain.td.kickAll(domain.task(1)) } == .done)
    #expect(domain.task(1).pointee.coverage[Int(Coverage.guestKicked.rawValue)] == 0)
  }

  @Test func `vCPUs beyond the first word of the mask are kicked too`() throws {
    let domain = try Domain(tasks: 130)
    defer { domain.destroy() }
    try domain.put(.mapped, 3)
    let guest = Threads(1) { _ in
      _ = domain.td.runGuest(domain.task(129), count: .max, zeroStep: false) { _ in 3 }
    }
    #expect(eventually { domain.task(129).published(.guestEpoch) == 1 })
    // Its epoch counts as well.
    #expect(domain.td.tdhMemTrack(domain.task(0), injectable: false) == .success)
    #expect(domain.td.tdhMemTrack(domain.task(0), injectable: false) == .previousEpochBusy)
    domain.td.kickAll(domain.task(0))
    #expect(domain.task(129).published(.guestEpoch) == 0)
    guest.join()
  }

  /// `vcpu_enter_guest()`: who kicks waits for vCPUs in guest mode alone, and keeps none out.
  @Test func `a kick before a vCPU is in guest mode waits for nothing and keeps nobody out`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    try domain.put(.mapped, 3)
    // Point 1 is the vCPU's mode.
    let exit = Interruption.at(1, of: domain.task(1)) {
      domain.td.kickAll(domain.task(0))
    } during: {
      domain.enter(1, [3])
    }
    #expect(exit == .done)
    #expect(domain.task(1).pointee.coverage[Int(Coverage.guestKicked.rawValue)] == 0)
  }

  @Test func `a request that nobody waits for makes the vCPU leave before its next access, and once`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    try domain.put(.mapped, 3)
    var accesses = 0
    // Point 2 is TDH.VP.ENTER: the IPI is pending when it is made.
    let exit = Interruption.at(2, of: domain.task(1)) {
      domain.td.makeRequest(domain.task(0), waits: false)
    } during: {
      domain.enter(1, [3]) { accesses += 1 }
    }
    #expect(exit == .kicked && accesses == 0)
    #expect(domain.enter(1, [3]) == .done)
  }

  @Test func `two that kick at once both return, though the vCPU comes back at once`() throws {
    let domain = try Domain(tasks: 3)
    defer { domain.destroy() }
    try domain.put(.mapped, 3)
    let guest = Threads(1) { _ in
      while !domain.task(0).isHalted {
        _ = domain.td.runGuest(domain.task(0), count: .max, zeroStep: false) { _ in 3 }
      }
    }
    let kickers = Threads(2) { id in
      for _ in 0..<200 { domain.td.kickAll(domain.task(1 + id)) }
    }
    kickers.join()
    domain.machine.pointee.halt()
    guest.join()
    #expect(domain.broken == nil)
  }

  /// `wait_for_sept_zap`: the retry of a removal finds nobody inside.
  @Test func `no vCPU enters while a removal is retried`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    try domain.put(.mapped, 3)
    try domain.put(.mapped, 4)
    let task = domain.task(0)
    task.pointee.busyThreshold = 1 << 32
    task.writeLock()
    let present = Spte.mmuPresent | Spte.rwx | 0x1000 << 12
    // Point 1 is the refused RANGE.BLOCK, 2 its retry.
    let result = Interruption.at(2, of: task) {
      #expect(domain.enter(1, [4]) == .kicked)
    } during: {
      domain.td.tdxSeptSetPrivateSpte(task, 3, present, Spte.nonpresent, 1)
    }
    #expect(result == 0)
    #expect(domain.enter(1, [4]) == .done)
  }

  @Test func `nobody enters a halted machine`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    try domain.put(.mapped, 3)
    domain.machine.pointee.halt()
    #expect(domain.enter(1, [3]) == .kicked)
  }
}
