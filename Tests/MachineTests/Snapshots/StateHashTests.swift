/// The number of a state: what it tells apart, and what not.
import Machine
import Testing

@Suite struct StateHashTests {
  /// Two equal pieces of memory, of which the second is changed. The sizes have whole blocks, lines and words, and not.
  private static let sizes = [8, 16, 64, 72, 100, 512, 520, 1024, 1100]

  private func withMemory(_ byteCount: Int, _ body: (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Void) {
    let (before, now) = (
      UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 16),
      UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 16)
    )
    defer {
      before.deallocate()
      now.deallocate()
    }
    for offset in 0..<byteCount {
      before.storeBytes(of: UInt8(truncatingIfNeeded: offset &* 7), toByteOffset: offset, as: UInt8.self)
    }
    now.copyMemory(from: before, byteCount: byteCount)
    body(before, now)
  }

  private func changes(_ now: UnsafeMutableRawPointer, _ before: UnsafeMutableRawPointer, _ byteCount: Int) -> UInt64 {
    var hash = StateHash()
    hash.add(changesOf: now, since: before, byteCount: byteCount)
    return hash.value
  }

  @Test(arguments: sizes)
  func `each byte that changes is told, and to what`(byteCount: Int) {
    withMemory(byteCount) { before, now in
      #expect(changes(now, before, byteCount) == 0)
      var seen: Set<UInt64> = [0]
      for offset in 0..<byteCount {
        let byte = now.load(fromByteOffset: offset, as: UInt8.self)
        for bit in [0, 7] {
          now.storeBytes(of: byte ^ 1 << UInt8(bit), toByteOffset: offset, as: UInt8.self)
          #expect(seen.insert(changes(now, before, byteCount)).inserted, "byte \(offset), bit \(bit)")
        }
        now.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
      }
      #expect(changes(now, before, byteCount) == 0)
    }
  }

  @Test func `what has gone back is no change, whatever went with it`() {
    withMemory(1024) { before, now in
      for offset in [0, 8, 512, 1016] { now.storeBytes(of: 0xff, toByteOffset: offset, as: UInt8.self) }
      let all = changes(now, before, 1024)
      now.storeBytes(of: before.load(fromByteOffset: 512, as: UInt8.self), toByteOffset: 512, as: UInt8.self)
      let fewer = changes(now, before, 1024)
      #expect(fewer != all)
      now.storeBytes(of: 0xff, toByteOffset: 512, as: UInt8.self)
      #expect(changes(now, before, 1024) == all)
    }
  }

  @Test(arguments: [8, 16, 24, 32, 40, 1000])
  func `of a range each word is told, and where the range stands`(byteCount: Int) {
    withMemory(byteCount) { _, now in
      func all(_ place: UInt) -> UInt64 {
        var hash = StateHash()
        hash.add(all: now, byteCount: byteCount, place: place)
        return hash.value
      }
      var seen: Set<UInt64> = [all(64), all(128)]
      #expect(seen.count == 2)
      for offset in 0..<byteCount {
        let byte = now.load(fromByteOffset: offset, as: UInt8.self)
        now.storeBytes(of: ~byte, toByteOffset: offset, as: UInt8.self)
        #expect(seen.insert(all(64)).inserted, "byte \(offset)")
        now.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
      }
      #expect(seen.contains(all(64)))
    }
  }
}
