import CFibers
import Testing

/// Keeps more values in use across the switch than there are registers that survive a call, so that the compiler has
/// them all occupied.
@inline(never)
private func checksum(_ values: UnsafePointer<Int>, _ reals: UnsafePointer<Double>, switching: () -> Void) -> Double {
  let (a, b, c, d, e, f) = (values[0], values[1], values[2], values[3], values[4], values[5])
  let (g, h, i, j, k, l) = (values[6], values[7], values[8], values[9], values[10], values[11])
  let (p, q, r, s) = (reals[0], reals[1], reals[2], reals[3])
  let (t, u, v, w) = (reals[4], reals[5], reals[6], reals[7])
  switching()
  let integers = a &+ 2 &* b &+ 3 &* c &+ 5 &* d &+ 7 &* e &+ 11 &* f
  let more = 13 &* g &+ 17 &* h &+ 19 &* i &+ 23 &* j &+ 29 &* k &+ 31 &* l
  return Double(integers &+ more) + (p - 2 * q + 3 * r - 5 * s) * (t - 7 * u + 11 * v - 13 * w)
}

private func fill(_ values: UnsafeMutablePointer<Int>, _ reals: UnsafeMutablePointer<Double>, from seed: Int) {
  for index in 0..<12 { values[index] = seed &* 1009 &+ index &* index }
  for index in 0..<8 { reals[index] = Double(seed) + 0.25 * Double(index) }
}

@inline(never)
private func checksumTwice(seed: Int, switching: () -> Void) -> Bool {
  withUnsafeTemporaryAllocation(of: Int.self, capacity: 12) { values in
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 8) { reals in
      fill(values.baseAddress!, reals.baseAddress!, from: seed)
      let across = checksum(values.baseAddress!, reals.baseAddress!, switching: switching)
      return across == checksum(values.baseAddress!, reals.baseAddress!, switching: {})
    }
  }
}

@Suite struct SwitchTests {
  @Test func `a fiber and its thread hand a value back and forth`() {
    let rig = Rig(1) { argument in
      let fiber = Fiber.of(argument)
      while true {
        fiber.pointee.value += 1
        fiber.yield()
      }
    }
    for turn in 1...100 {
      rig.fibers.resume()
      #expect(rig.fibers.pointee.value == turn)
    }
  }

  @Test func `1024 fibers keep their own locals in any order of switches`() {
    let rig = Rig(1024) { argument in
      let fiber = Fiber.of(argument)
      var local = fiber.pointee.number
      while true {
        local = local &* 6_364_136_223_846_793_005 &+ 1
        fiber.pointee.value = local
        fiber.yield()
      }
    }
    // 389 is prime to 1024: each pass visits every fiber once.
    for step in 0..<(3 * 1024) { (rig.fibers + step * 389 % 1024).resume() }
    for number in 0..<1024 {
      var expected = number
      for _ in 0..<3 { expected = expected &* 6_364_136_223_846_793_005 &+ 1 }
      #expect(rig.fibers[number].value == expected)
    }
  }

  @Test func `fibers switch to each other without their thread`() {
    let rig = Rig(3) { argument in
      let fiber = Fiber.of(argument)
      while fiber.pointee.value < 5 {
        fiber.pointee.value += 1
        // The third returns to the first, which returns to the thread in the end.
        let next = fiber.pointee.number == 2 ? fiber - 2 : fiber + 1
        fiber_switch(fiber.pointee.saved, next.pointee.saved.pointee)
      }
      fiber.end()
    }
    rig.fibers.resume()
    for number in 0..<3 { #expect(rig.fibers[number].value == 5) }
  }

  @Test func `integer and floating-point values survive a switch on both sides`() {
    let rig = Rig(2) { argument in
      let fiber = Fiber.of(argument)
      for seed in 1... {
        let kept = checksumTwice(seed: seed &* (7 + fiber.pointee.number)) { fiber.yield() }
        fiber.pointee.value = kept ? seed : -1
        fiber.yield()
      }
    }
    for turn in 1...50 {
      for number in 0..<2 {
        #expect(checksumTwice(seed: turn &* 31 &+ number) { (rig.fibers + number).resume() })
        #expect(checksumTwice(seed: turn &* 37 &+ number) { (rig.fibers + number).resume() })
        #expect(rig.fibers[number].value == turn)
      }
    }
  }

  @Test func `a fiber starts on an aligned stack of its own`() {
    let rig = Rig(64) { argument in
      let fiber = Fiber.of(argument)
      // Vector instructions fault on a misaligned slot when the compiler trusted the ABI.
      var slot = SIMD4<Float>(repeating: Float(fiber.pointee.number))
      withUnsafeMutablePointer(to: &slot) { fiber.pointee.value = Int(bitPattern: $0) }
      fiber.yield()
      fiber.end()
    }
    for number in 0..<64 {
      (rig.fibers + number).resume()
      let top = Int(bitPattern: fiber_stack_top(rig.stacks, UInt32(number)))
      #expect(top.isMultiple(of: 16))
      #expect(rig.fibers[number].value.isMultiple(of: 16))
      #expect((top - (32 << 10)..<top).contains(rig.fibers[number].value))
    }
  }

  @Test func `a stack can be prepared again while its fiber is suspended`() {
    let body: Fiber.Body = { argument in
      let fiber = Fiber.of(argument)
      fiber.pointee.value += 1
      fiber.yield()
      fiber.pointee.value = -1
      fiber.end()
    }
    let rig = Rig(1, body: body)
    for start in 1...1000 {
      rig.fibers.resume()
      #expect(rig.fibers.pointee.value == start)
      rig.prepare(0, body: body)
    }
  }
}
