/// A schedule point that wants control at every access, and notes what it was told.
import CAtomics

/// Lives behind a pointer, as the C side keeps its address.
struct PointRecorder {
  struct Pass: Equatable {
    var kind: UInt32
    var address: UnsafeRawPointer?
    /// What the watched word held when the point was passed.
    var word: UInt64
  }

  /// First field: the C side knows only this.
  var point: schedule_point
  var passes: [Pass] = []
  let word: UnsafeMutablePointer<UInt64>
  /// Written to the word at the point, as another task would.
  var interference: UInt64?

  /// Runs `body` with a recorder and the word, set to `value`, that it watches.
  static func watch<Result>(
    _ value: UInt64, interference: UInt64? = nil,
    _ body: (UnsafeMutablePointer<PointRecorder>, UnsafeMutablePointer<UInt64>) -> Result
  ) -> Result {
    let word = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
    word.initialize(to: value)
    let recorder = UnsafeMutablePointer<PointRecorder>.allocate(capacity: 1)
    recorder.initialize(
      to: PointRecorder(point: schedule_point(countdown: 1, reached: reached), word: word, interference: interference))
    defer {
      recorder.deinitialize(count: 1)
      recorder.deallocate()
      word.deallocate()
    }
    return body(recorder, word)
  }

  private static let reached:
    @convention(c) (UnsafeMutablePointer<schedule_point>?, UInt32, UnsafeRawPointer?) -> Void =
      { point, kind, address in
        guard let point else { return }
        let recorder = UnsafeMutableRawPointer(point).assumingMemoryBound(to: PointRecorder.self)
        point.pointee.countdown = 1
        recorder.pointee.passes.append(Pass(kind: kind, address: address, word: recorder.pointee.word.pointee))
        if let interference = recorder.pointee.interference { recorder.pointee.word.pointee = interference }
      }
}

extension UnsafeMutablePointer where Pointee == PointRecorder {
  var point: UnsafeMutablePointer<schedule_point> {
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: schedule_point.self)
  }
}
