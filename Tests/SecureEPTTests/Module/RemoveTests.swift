/// PAGE.REMOVE: only a blocked page, and only once no vCPU can hold its translation.
import Machine
import SecureEPT
import Testing

@Suite struct RemoveTests {
  private func block(_ domain: Domain, _ gfn: Gfn) -> TdxStatus {
    domain.td.tdhMemRangeBlock(domain.task(0), gfn, 1, injectable: false)
  }

  private func track(_ domain: Domain) -> TdxStatus { domain.td.tdhMemTrack(domain.task(0), injectable: false) }

  private func remove(_ domain: Domain, _ gfn: Gfn) -> TdxStatus {
    domain.td.tdhMemPageRemove(domain.task(0), gfn, 1, injectable: false)
  }

  @Test(arguments: [SeptEntry.State.mapped, .pending])
  func `a page leaves after block and track`(state: SeptEntry.State) throws {
    let domain = try Domain()
    defer { domain.destroy() }
    let entry = try domain.put(state, 3)
    #expect(block(domain, 3) == .success)
    #expect(track(domain) == .success)
    domain.task(0).drain()
    #expect(remove(domain, 3) == .success)
    #expect(entry.pointee == SeptEntry.free)
    #expect(domain.calls() == [.init(.pageRemove, .success)])
  }

  @Test func `a page that was not tracked stays`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    let entry = try domain.put(.mapped, 3)
    // An epoch that began before the page was blocked does not count.
    #expect(track(domain) == .success)
    #expect(block(domain, 3) == .success)
    let blocked = entry.pointee
    #expect(remove(domain, 3) == .trackingNotDone)
    #expect(entry.pointee == blocked)
  }

  /// `tdx_track()` returns at once then, and no vCPU has run.
  @Test func `before the TD can run nothing has to be tracked`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    domain.td.pointee.isRunnable = false
    try domain.put(.mapped, 3)
    #expect(block(domain, 3) == .success)
    #expect(remove(domain, 3) == .success)
  }

  @Test(arguments: [SeptEntry.State.free, .nonLeaf, .nonLeafBlocked, .mapped, .pending])
  func `a page that is not blocked stays`(state: SeptEntry.State) throws {
    let domain = try Domain()
    defer { domain.destroy() }
    let entry = try domain.put(state, 3)
    let before = entry.pointee
    #expect(track(domain) == .success)
    #expect(remove(domain, 3) == .entryStateIncorrect)
    #expect(entry.pointee == before)
  }

  @Test func `a missing parent fails the walk`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    #expect(remove(domain, 3) == .walkFailed)
  }

  @Test func `a vCPU that runs in the block's epoch prevents removal until it left`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    try domain.put(.mapped, 3)
    try domain.put(.mapped, 4)
    let exit = domain.enter(1, [4]) {
      #expect(block(domain, 3) == .success)
      #expect(track(domain) == .success)
      #expect(remove(domain, 3) == .trackingNotDone)
    }
    #expect(exit == .done)
    #expect(remove(domain, 3) == .success)
  }

  @Test func `so does one that runs in an older epoch still`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    try domain.put(.mapped, 3)
    try domain.put(.mapped, 4)
    let exit = domain.enter(1, [4]) {
      #expect(track(domain) == .success)
      #expect(block(domain, 3) == .success)
      #expect(remove(domain, 3) == .trackingNotDone)
    }
    #expect(exit == .done)
    #expect(track(domain) == .success)
    #expect(remove(domain, 3) == .success)
  }

  @Test func `a vCPU that entered after the track prevents nothing`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    try domain.put(.mapped, 3)
    try domain.put(.mapped, 4)
    #expect(block(domain, 3) == .success)
    #expect(track(domain) == .success)
    let exit = domain.enter(1, [4]) { #expect(remove(domain, 3) == .success) }
    #expect(exit == .done)
  }

  @Test func `an epoch count whose low 20 bits came round is no younger`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    let entry = try domain.put(.blocked, 3)
    // Blocked two epochs ago, as 20 bits count.
    entry.pointee = SeptEntry.with(entry.pointee, state: .blocked, epoch: 0xf_ffff)
    #expect(remove(domain, 3) == .success)
  }
}
