import Foundation
/// The executions of a record as a trace for ui.perfetto.dev: a process for each, a track for each thread.
import Records

enum PerfettoTrace {
  private struct File: Encodable {
    var displayTimeUnit = "ns"
    var otherData: [String: String]
    var traceEvents: [TraceEvent]
  }

  static func render(_ record: Record) -> String {
    let (title, facts, events) =
      switch record {
      case .run(let record): run(record)
      // A matrix shows no execution: the tokens of its cells do.
      case .matrix(let record):
        (
          "stress matrix",
          ["verdict": record.verdict.rawValue, "seed": record.seed].merging(origin(record.kernel, record.build)) { $1 },
          [[TraceEvent]]()
        )
      case .exhaust(let record): exhaust(record)
      case .series(let record): series(record)
      }
    let named = events.enumerated().flatMap { index, events in
      [TraceEvent.metadata("process_name", pid: index + 1, "name", .text("\(title) \(index + 1)"))] + events
    }
    let file = File(otherData: facts, traceEvents: named)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Strings and integers alone: nothing that JSON cannot hold.
    let data = (try? encoder.encode(file)) ?? Data("{\"traceEvents\":[]}".utf8)
    return String(decoding: data, as: UTF8.self) + "\n"
  }

  private static func exhaust(_ record: ExhaustRecord) -> (String, [String: String], [[TraceEvent]]) {
    var facts = ["subject": record.protocolName, "policy": record.policy, "verdict": ExhaustText(record).verdict]
    facts.merge(origin(record.kernel, record.build)) { $1 }
    let interleaving = record.violation?.interleaving
    return (
      "stress exhaust", facts, interleaving.map { [ExecutionTrace($0, violation: nil, pid: 1).events] } ?? []
    )
  }

  private static func series(_ record: SeriesRecord) -> (String, [String: String], [[TraceEvent]]) {
    var facts = ["repository": record.repository, "range": record.range, "verdict": record.verdictLine]
    facts.merge(origin(nil, record.build)) { $1 }
    let interleavings = record.commits.flatMap(\.breaks).compactMap(\.interleaving)
    let events = interleavings.enumerated().map { ExecutionTrace($1, violation: nil, pid: $0 + 1).events }
    return ("stress series", facts, events)
  }

  /// What was tested, and by what.
  private static func origin(_ kernel: RunRecord.Kernel?, _ build: ToolBuild?) -> [String: String] {
    var facts: [String: String] = [:]
    if let kernel { (facts["kernel"], facts["tree"]) = (kernel.version, kernel.tree) }
    for (name, value) in TestSuite.origin(kernel, build) {
      facts[name] = facts[name].map { "\($0); \(value)" } ?? value
    }
    return facts
  }

  private static func run(_ record: RunRecord) -> (String, [String: String], [[TraceEvent]]) {
    var facts = [
      "engine": record.engine.rawValue, "seed": record.seed, "scope": record.scope,
      "verdict": VerdictLine.render(record),
    ]
    facts.merge(origin(record.kernel, record.build)) { $1 }
    var executions: [[TraceEvent]] = []
    if let interleaving = record.replay?.interleaving {
      executions.append(ExecutionTrace(interleaving, violation: record.violations.first, pid: 1).events)
    } else {
      for violation in record.violations {
        let pid = executions.count + 1
        if let interleaving = violation.reproduction?.interleaving {
          executions.append(ExecutionTrace(interleaving, violation: violation, pid: pid).events)
        } else {
          executions.append(lastEvents(violation, pid: pid))
        }
      }
    }
    return ("stress \(record.engine.rawValue)", facts, executions)
  }

  /// What threads did before a violation of which no schedule is known, in its order.
  private static func lastEvents(_ violation: RunRecord.Violation, pid: Int) -> [TraceEvent] {
    let threads = Set(violation.events.map(\.thread)).sorted()
    let tracks = threads.map {
      TraceEvent.metadata("thread_name", pid: pid, tid: $0, "name", .text("thread \($0)"))
    }
    return tracks
      + violation.events.map { event in
        TraceEvent(
          name: event.event, ph: .instant, pid: pid, tid: event.thread, ts: event.order, cat: "event", s: "t",
          args: ["gfn": .text(event.gfn), "old": .text(event.old), "new": .text(event.new)])
      }
  }
}
