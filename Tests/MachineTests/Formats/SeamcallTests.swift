/// Which SEAMCALLs change what the external table maps, and that each has a name of its own.
import Machine
import Testing

@Suite struct SeamcallTests {
  @Test func `external writes are those that map, link, unmap and demote`() {
    #expect(Seamcall.allCases.filter(\.isExternalWrite) == [.septAdd, .pageAdd, .pageAug, .pageRemove, .pageDemote])
  }

  @Test func `names are told apart`() {
    #expect(Set(Seamcall.allCases.map(\.name)).count == Seamcall.allCases.count)
    #expect(Set(Coverage.allCases.map(\.name)).count == Coverage.allCases.count)
    #expect(Set(Outcome.allCases.map(\.name)).count == Outcome.allCases.count)
    for checker in CheckerID.allCases { #expect(CheckerID(name: checker.name) == checker) }
    for operation in Operation.allCases { #expect(Operation(name: operation.name) == operation) }
    #expect(CheckerID(name: "frz-1") == nil)
    #expect(Operation(name: "") == nil)
  }
}
