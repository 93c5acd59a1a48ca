/// One event of the trace-event format, which ui.perfetto.dev and chrome://tracing open. Fields that a kind of event
/// lacks are absent.

struct TraceEvent: Encodable {
  /// `ph`
  enum Phase: String, Encodable {
    case complete = "X"
    case instant = "i"
    case asyncBegin = "b"
    case asyncEnd = "e"
    case metadata = "M"
  }

  var name: String
  var ph: Phase
  var pid: Int
  var tid: Int
  /// In microseconds; a step of an execution takes one.
  var ts: UInt64?
  var dur: UInt64?
  var cat: String?
  /// Of an asynchronous span: what its end is matched by.
  var id: String?
  /// Scope of an instant: `t` for its thread, `p` for its process.
  var s: String?
  var args: [String: Argument]?

  enum Argument: Encodable {
    case text(String)
    case number(Int)

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .text(let text): try container.encode(text)
      case .number(let number): try container.encode(number)
      }
    }
  }

  static func metadata(_ name: String, pid: Int, tid: Int = 0, _ argument: String, _ value: Argument) -> TraceEvent {
    TraceEvent(name: name, ph: .metadata, pid: pid, tid: tid, args: [argument: value])
  }
}
