/// The list of possible NX huge pages shares its headers with the list of tables that wait for readers.
import Machine
import MirrorMMU
import Testing

@Suite struct NxHugePagesTests {
  @Test func `taking a table off the list does not cut the tables that wait behind it`() throws {
    let vm = try Vm(kinds: { _ in (false, true) })
    let gfns: [Gfn] = [512, 2 * 512, 3 * 512]
    for gfn in gfns { vm.execute(gfn) }
    let (pages, before) = (gfns.map { vm.direct($0).page }, vm.liveTables)
    let headers = vm.machine.pointee.arenaView.headers
    let list = vm.subject.kvm.pointee.nxHugePages
    // Another task zaps the middle one and then the last, which both wait for a reader; only then does the recovery
    // take the middle one off its list.
    vm.other.rcuReadLock()
    for page in pages[1...] { vm.task.callRcu(page) }
    for page in pages { list.untrack(page, headers) }
    vm.other.rcuReadUnlock()
    vm.task.rcuPoll(force: true)
    #expect(pages.map { vm.header($0).state } == [.linked, .free, .free])
    #expect(vm.liveTables == before - 2)
  }
}
