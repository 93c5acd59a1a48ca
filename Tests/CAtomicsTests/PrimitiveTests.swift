/// What each instrumented primitive does to the word and what it returns, through the probes that the machine-code
/// tests look at.
import CAtomics
import TestSupport
import Testing

@Suite struct PrimitiveTests {
  @Test func `read_once64 returns the word and leaves it`() {
    PointRecorder.watch(0x8000_0000_0000_0001) { recorder, word in
      #expect(probeReadOnce(recorder.point, word) == 0x8000_0000_0000_0001)
      #expect(word.pointee == 0x8000_0000_0000_0001)
    }
  }

  @Test func `write_once64 stores all 64 bits`() {
    PointRecorder.watch(.max) { recorder, word in
      probeWriteOnce(recorder.point, word, 0x0123_4567_89ab_cdef)
      #expect(word.pointee == 0x0123_4567_89ab_cdef)
    }
  }

  @Test func `try_cmpxchg64 stores where it finds what it expected`() {
    PointRecorder.watch(5) { recorder, word in
      var old: UInt64 = 5
      #expect(probeTryCmpxchg(recorder.point, word, &old, 9))
      #expect(word.pointee == 9)
      #expect(old == 5)
    }
  }

  @Test func `try_cmpxchg64 refreshes the old value where it loses`() {
    // A difference in the upper half alone counts too.
    PointRecorder.watch(1 << 40 | 5) { recorder, word in
      var old: UInt64 = 5
      #expect(!probeTryCmpxchg(recorder.point, word, &old, 9))
      #expect(word.pointee == 1 << 40 | 5)
      #expect(old == 1 << 40 | 5)
    }
  }

  @Test func `xchg64 returns what it replaced`() {
    PointRecorder.watch(5) { recorder, word in
      #expect(probeXchg(recorder.point, word, 9) == 5)
      #expect(word.pointee == 9)
    }
  }

  @Test func `fetch_and64 returns the value before`() {
    PointRecorder.watch(0xff) { recorder, word in
      #expect(probeFetchAnd(recorder.point, word, ~0x0f) == 0xff)
      #expect(word.pointee == 0xf0)
    }
  }

  @Test func `fetch_or64 returns the value before`() {
    PointRecorder.watch(0xf0) { recorder, word in
      #expect(probeFetchOr(recorder.point, word, 0x0f) == 0xf0)
      #expect(word.pointee == 0xff)
    }
  }

  @Test func `fetch_add64 returns the value before and wraps`() {
    PointRecorder.watch(3) { recorder, word in
      #expect(probeFetchAdd(recorder.point, word, ~0) == 3)
      #expect(word.pointee == 2)
    }
  }

  @Test func `the raw forms do the same without a point`() {
    PointRecorder.watch(6) { recorder, word in
      #expect(raw_load64(word) == 6)
      raw_store64(word, 7)
      #expect(raw_cmpxchg64(word, 6, 1) == 7)
      #expect(raw_cmpxchg64(word, 7, 8) == 7)
      #expect(raw_xchg64(word, 0xff) == 8)
      #expect(raw_fetch_and64(word, 0x0f) == 0xff)
      #expect(raw_fetch_or64(word, 0xf0) == 0x0f)
      #expect(raw_fetch_add64(word, 1) == 0xff)
      #expect(word.pointee == 0x100)
      #expect(recorder.pointee.passes.isEmpty)
    }
  }

  @Test func `the 32-bit forms leave the word beside alone`() {
    PointRecorder.watch(0xaaaa_aaaa_0000_0006) { _, word in
      let half = UnsafeMutableRawPointer(word).assumingMemoryBound(to: UInt32.self)
      #expect(raw_load32(half) == 6)
      raw_store32(half, 7)
      #expect(raw_cmpxchg32(half, 6, 1) == 7)
      #expect(raw_cmpxchg32(half, 7, 8) == 7)
      #expect(raw_xchg32(half, .max) == 8)
      #expect(raw_fetch_add32(half, 2) == .max)
      #expect(word.pointee == 0xaaaa_aaaa_0000_0001)
    }
  }

  @Test func `the cycle counter runs`() {
    let start = cycle_counter()
    #expect(eventually { cycle_counter() != start })
  }
}
