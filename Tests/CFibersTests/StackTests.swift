import CFibers
import Foundation
import Testing

@Suite struct StackTests {
  @Test func `stacks offer the bytes asked for and do not overlap`() {
    let bytes = 20_000
    var stacks = fiber_stacks()
    #expect(fiber_stacks_create(&stacks, 100, bytes))
    var below = Int(bitPattern: stacks.mapping)
    for index in 0..<100 as Range<UInt32> {
      let top = Int(bitPattern: fiber_stack_top(&stacks, index))
      #expect(top - below >= bytes)
      memset(UnsafeMutableRawPointer(bitPattern: top - bytes)!, 0xa5, bytes)
      below = top
    }
    #expect(below <= Int(bitPattern: stacks.mapping) + stacks.mapping_bytes)
    #expect(fiber_stack_top(&stacks, 100) == nil)
    fiber_stacks_destroy(&stacks)
  }

  @Test func `destroyed stacks leave no mapping behind and can be destroyed again`() {
    // Larger than any hole in the address space that an allocation of another test could fill.
    var stacks = fiber_stacks()
    #expect(fiber_stacks_create(&stacks, 16, 1 << 30))
    let mapping = stacks.mapping!
    var residency: UInt8 = 0
    #expect(mincore(mapping, 1, &residency) == 0)
    fiber_stacks_destroy(&stacks)
    #expect(stacks.mapping == nil && stacks.count == 0)
    #expect(mincore(mapping, 1, &residency) == -1 && errno == ENOMEM)
    fiber_stacks_destroy(&stacks)
  }

  @Test(arguments: [(0, 4096, EINVAL), (1, 0, EINVAL), (1, Int.max, ENOMEM), (4096, 1 << 60, ENOMEM), (1, -1, ENOMEM)])
  func `a request that cannot be met is refused with its reason`(count: Int, bytes: Int, reason: Int32) {
    var stacks = fiber_stacks()
    #expect(!fiber_stacks_create(&stacks, UInt32(count), bytes))
    #expect(errno == reason)
    #expect(stacks.mapping == nil)
  }

  @Test func `stacks take memory only when it is touched`() throws {
    var stacks = fiber_stacks()
    #expect(fiber_stacks_create(&stacks, 64, 1 << 20))
    defer { fiber_stacks_destroy(&stacks) }
    let page = Int(getpagesize())
    var resident = [UInt8](repeating: 0, count: stacks.mapping_bytes / page)
    #expect(mincore(stacks.mapping, stacks.mapping_bytes, &resident) == 0)
    #expect(resident.allSatisfy { $0 & 1 == 0 })
  }
}
