/// One execution as trace events: operations with their steps, locks, RCU sections and waits on tracks of their own
/// for each thread, and the time that each SPTE is frozen.
import Records

struct ExecutionTrace {
  private static let tracksPerThread = 4

  private let rows: [Interleaving.Row]
  private let violation: RunRecord.Violation?
  private let violationStep: UInt64?
  private let pid: Int
  /// By thread number: its place among the threads.
  private let places: [Int: Int]
  private let end: UInt64

  init(_ interleaving: Interleaving, violation: RunRecord.Violation?, pid: Int) {
    rows = interleaving.rows
    self.violation = violation
    violationStep = interleaving.violationStep
    self.pid = pid
    let threads = Set(interleaving.threads + interleaving.rows.map(\.thread)).sorted()
    places = Dictionary(uniqueKeysWithValues: threads.enumerated().map { ($0.element, $0.offset) })
    end = interleaving.rows.map(\.step).max() ?? 0
  }

  var events: [TraceEvent] { names + steps + spans + freezes + verdict }

  private func track(_ thread: Int, _ kind: Interleaving.Mark.Kind) -> Int {
    let place = places[thread] ?? 0
    let offset =
      switch kind {
      case .operation: 0
      case .lock: 1
      case .rcu: 2
      case .wait: 3
      }
    return 1 + place * Self.tracksPerThread + offset
  }

  /// A step stands between its number and the one before.
  private func begin(_ row: Interleaving.Row) -> UInt64 { row.step &- min(row.step, 1) }

  private var names: [TraceEvent] {
    var used = Set(places.keys.map { track($0, .operation) })
    for row in rows { for mark in row.marks ?? [] { used.insert(track(row.thread, mark.kind)) } }
    let kinds: [(Interleaving.Mark.Kind, String)] = [
      (.operation, ""), (.lock, ": locks"), (.rcu, ": RCU"), (.wait, ": waits"),
    ]
    return places.sorted { $0.value < $1.value }.flatMap { thread, _ in
      kinds.filter { used.contains(track(thread, $0.0)) }.flatMap { kind, suffix in
        let tid = track(thread, kind)
        return [
          TraceEvent.metadata("thread_name", pid: pid, tid: tid, "name", .text("thread \(thread)\(suffix)")),
          TraceEvent.metadata("thread_sort_index", pid: pid, tid: tid, "sort_index", .number(tid)),
        ]
      }
    }
  }

  private var steps: [TraceEvent] {
    rows.map { row in
      var arguments: [String: TraceEvent.Argument] = [
        "step": .text("\(row.step)"), "SPTE": .text(row.spte), "external": .text(row.external),
      ]
      if row.repeats > 1 { arguments["repeats"] = .text("\(row.repeats)") }
      for change in row.changes ?? [] {
        arguments["\(change.table) \(change.gfn) level \(change.level)"] = .text("\(change.old) -> \(change.new)")
      }
      return TraceEvent(
        name: row.action, ph: .complete, pid: pid, tid: track(row.thread, .operation), ts: begin(row), dur: 1,
        cat: row.isPreemption ? "step,preemption" : "step", args: arguments)
    }
  }

  /// What lasts, each kind of a thread on a track of its own: there the later begun always ends first.
  private var spans: [TraceEvent] {
    var open: [Int: [(name: String, kind: Interleaving.Mark.Kind, begin: UInt64)]] = [:]
    var events: [TraceEvent] = []
    func close(_ track: Int, _ span: (name: String, kind: Interleaving.Mark.Kind, begin: UInt64), at time: UInt64) {
      events.append(
        TraceEvent(
          name: span.name, ph: .complete, pid: pid, tid: track, ts: span.begin, dur: time &- min(time, span.begin),
          cat: span.kind.rawValue))
    }
    let start = rows.first.map(begin) ?? 0
    for row in rows {
      for mark in row.marks ?? [] {
        let track = track(row.thread, mark.kind)
        if mark.begins {
          open[track, default: []].append((mark.name, mark.kind, begin(row)))
        } else {
          close(track, open[track]?.popLast() ?? (mark.name, mark.kind, start), at: row.step)
        }
      }
    }
    for track in open.keys.sorted() { for span in open[track] ?? [] { close(track, span, at: end) } }
    return events
  }

  /// From the step that froze an entry to the one that thawed it.
  private var freezes: [TraceEvent] {
    struct Entry: Hashable {
      var table: String
      var gfn: String
      var level: Int
    }
    var open: [Entry: (number: Int, name: String, thread: Int)] = [:]
    var events: [TraceEvent] = []
    var count = 0
    func event(_ phase: TraceEvent.Phase, _ freeze: (number: Int, name: String, thread: Int), _ time: UInt64) {
      events.append(
        TraceEvent(
          name: freeze.name, ph: phase, pid: pid, tid: track(freeze.thread, .operation), ts: time, cat: "frozen",
          id: "\(pid).\(freeze.number)"))
    }
    for row in rows {
      for change in row.changes ?? [] {
        let entry = Entry(table: change.table, gfn: change.gfn, level: change.level)
        if let freeze = open.removeValue(forKey: entry) { event(.asyncEnd, freeze, row.step) }
        guard change.new == "FROZEN" else { continue }
        count += 1
        let freeze = (count, "FROZEN \(change.table) \(change.gfn) level \(change.level)", row.thread)
        open[entry] = freeze
        event(.asyncBegin, freeze, begin(row))
      }
    }
    for freeze in open.values.sorted(by: { $0.number < $1.number }) { event(.asyncEnd, freeze, end) }
    return events
  }

  private var verdict: [TraceEvent] {
    guard let violation else { return [] }
    return [
      TraceEvent(
        name: "\(violation.checker): \(violation.rule)", ph: .instant, pid: pid,
        tid: track(violation.thread, .operation), ts: violationStep ?? end, cat: "violation", s: "p",
        args: ["expected": .text(violation.expected), "seen": .text(violation.seen)])
    ]
  }
}
