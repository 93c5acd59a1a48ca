/// Runs: eight neighbouring words, and which of them are not what was asked for.
import CAtomics
import Testing

@Suite struct RunTests {
  /// A run of equal words at the alignment that a table has.
  private func withRun<Word: FixedWidthInteger>(_ value: Word, _ body: (UnsafeMutablePointer<Word>) -> Void) {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: RUN_LENGTH * MemoryLayout<Word>.stride, alignment: 64)
    defer { memory.deallocate() }
    let run = memory.bindMemory(to: Word.self, capacity: RUN_LENGTH)
    run.initialize(repeating: value, count: RUN_LENGTH)
    body(run)
  }

  @Test(arguments: [UInt64(0), 1 << 63, .max])
  func `a word that differs in any one bit is unlike`(value: UInt64) {
    withRun(value) { run in
      #expect(run_unlike64(run, value) == 0)
      for index in 0..<RUN_LENGTH {
        for bit in 0..<64 {
          run[index] = value ^ (1 << UInt64(bit))
          #expect(run_unlike64(run, value) == 1 << UInt32(index), "word \(index), bit \(bit)")
        }
        run[index] = value
      }
    }
  }

  @Test func `two runs differ by any one bit`() {
    withRun(UInt64.max) { left in
      withRun(UInt64.max) { right in
        #expect(!run_differs64(left, right))
        for index in 0..<RUN_LENGTH {
          for bit in 0..<64 {
            right[index] ^= 1 << UInt64(bit)
            #expect(run_differs64(left, right), "word \(index), bit \(bit)")
            right[index] ^= 1 << UInt64(bit)
          }
        }
        #expect(!run_differs64(left, right))
      }
    }
  }

  @Test func `every choice of words is told apart`() {
    withRun(UInt64(1) << 63) { run in
      for choice in UInt32(0)..<256 {
        for index in 0..<RUN_LENGTH { run[index] = choice & (1 << UInt32(index)) == 0 ? 1 << 63 : 0x8000_0000 }
        #expect(run_unlike64(run, 1 << 63) == choice)
      }
    }
    withRun(UInt32(0)) { run in
      for choice in UInt32(0)..<256 {
        for index in 0..<RUN_LENGTH { run[index] = choice & (1 << UInt32(index)) == 0 ? 0 : 0x10000 << UInt32(index) }
        #expect(run_nonzero32(run) == choice)
      }
    }
  }
}
