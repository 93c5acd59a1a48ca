/// Every instrumented access passes one schedule point, and passes it before the access.
import CAtomics
import Testing

@Suite struct SchedulePointTests {
  private typealias Recorder = UnsafeMutablePointer<PointRecorder>
  private typealias Word = UnsafeMutablePointer<UInt64>

  @Test func `each access passes one point of its kind, before it happens`() {
    expectPoint(SCHEDULE_LOAD) { _ = read_once64($0.point, $1) }
    expectPoint(SCHEDULE_STORE) { write_once64($0.point, $1, 9) }
    expectPoint(SCHEDULE_RMW) { recorder, word in
      var old: UInt64 = 5
      _ = try_cmpxchg64(recorder.point, word, &old, 9)
    }
    expectPoint(SCHEDULE_RMW) { _ = xchg64($0.point, $1, 9) }
    expectPoint(SCHEDULE_RMW) { _ = fetch_and64($0.point, $1, 1) }
    expectPoint(SCHEDULE_RMW) { _ = fetch_or64($0.point, $1, 8) }
    expectPoint(SCHEDULE_RMW) { _ = fetch_add64($0.point, $1, 1) }
    expectPoint(SCHEDULE_RELAX) { cpu_relax($0.point, $1) }
  }

  @Test func `a cmpxchg that lost tells of it once it has, whatever the countdown`() {
    PointRecorder.watch(5) { recorder, word in
      recorder.pointee.point.countdown = 1000
      var old: UInt64 = 4
      #expect(!try_cmpxchg64(recorder.point, word, &old, 9))
      recorder.pointee.point.countdown = 1
      #expect(try_cmpxchg64(recorder.point, word, &old, 9))
      old = 4
      _ = try_cmpxchg64(recorder.point, word, &old, 7)
      let lost = UInt32(SCHEDULE_LOST.rawValue)
      let rmw = UInt32(SCHEDULE_RMW.rawValue)
      #expect(recorder.pointee.passes.map(\.kind) == [lost, rmw, rmw, lost])
      #expect(recorder.pointee.passes.map(\.word) == [5, 5, 9, 9])
      #expect(word.pointee == 9)
    }
  }

  @Test func `a fence passes a point that names no address`() {
    PointRecorder.watch(5) { recorder, _ in
      smp_mb(recorder.point)
      #expect(recorder.pointee.passes == [.init(kind: UInt32(SCHEDULE_FENCE.rawValue), address: nil, word: 5)])
    }
  }

  @Test func `an access sees what another task wrote at its point`() {
    PointRecorder.watch(5, interference: 6) { recorder, word in
      #expect(read_once64(recorder.point, word) == 6)
    }
    PointRecorder.watch(5, interference: 6) { recorder, word in
      var old: UInt64 = 5
      #expect(!try_cmpxchg64(recorder.point, word, &old, 9))
      #expect(old == 6)
    }
    PointRecorder.watch(5, interference: 6) { recorder, word in #expect(xchg64(recorder.point, word, 9) == 6) }
    PointRecorder.watch(5, interference: 6) { recorder, word in #expect(fetch_and64(recorder.point, word, 0) == 6) }
    PointRecorder.watch(5, interference: 6) { recorder, word in #expect(fetch_or64(recorder.point, word, 0) == 6) }
    PointRecorder.watch(5, interference: 6) { recorder, word in #expect(fetch_add64(recorder.point, word, 0) == 6) }
    PointRecorder.watch(5, interference: 6) { recorder, word in
      write_once64(recorder.point, word, 9)
      #expect(word.pointee == 9)
    }
  }

  @Test func `the backend gets control when the weights of the points have used the countdown up`() {
    PointRecorder.watch(0) { recorder, word in
      recorder.pointee.point.countdown = Int64(1 + SCHEDULE_WEIGHT_LOAD + SCHEDULE_WEIGHT_WRITE)
      _ = read_once64(recorder.point, word)
      write_once64(recorder.point, word, 1)
      #expect(recorder.pointee.passes.isEmpty)
      _ = xchg64(recorder.point, word, 2)
      #expect(recorder.pointee.passes.map(\.kind) == [UInt32(SCHEDULE_RMW.rawValue)])
    }
  }

  @Test func `cpu_relax hands control over whatever the countdown`() {
    PointRecorder.watch(0) { recorder, word in
      recorder.pointee.point.countdown = 1000
      cpu_relax(recorder.point, word)
      cpu_relax(recorder.point, word)
      #expect(recorder.pointee.passes.count == 2)
    }
  }

  private func expectPoint(
    _ kind: schedule_kind, sourceLocation: SourceLocation = #_sourceLocation, _ access: (Recorder, Word) -> Void
  ) {
    PointRecorder.watch(5) { recorder, word in
      access(recorder, word)
      #expect(
        recorder.pointee.passes == [.init(kind: UInt32(kind.rawValue), address: UnsafeRawPointer(word), word: 5)],
        sourceLocation: sourceLocation)
    }
  }
}
