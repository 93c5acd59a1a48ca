import Foundation
import Records
import Reports
import Testing

/// The trace by the rules of the trace-event format, and what it tells.
@Suite struct PerfettoTests {
  private struct File: Decodable { var traceEvents: [Event] }

  private struct Event: Decodable {
    var name: String
    var ph: String
    var pid: Int
    var tid: Int
    var ts: UInt64?
    var dur: UInt64?
    var cat: String?
    var id: String?
    var s: String?

    var end: UInt64 { (ts ?? 0) + (dur ?? 0) }
  }

  private func events(_ record: Record) throws -> [Event] {
    try JSONDecoder().decode(File.self, from: Data(ReportFormat.perfetto.render(record).utf8)).traceEvents
  }

  private func detailed() throws -> [Event] {
    var record = SampleExplorations.violation
    record.violations[0].reproduction?.interleaving = SampleInterleavings.detailed
    return try events(.run(record))
  }

  @Test(arguments: ReportFormatTests.records + [.run(ReportFormatTests.hostile)])
  func `every event has the fields of its kind`(record: Record) throws {
    for event in try events(record) {
      switch event.ph {
      case "X": #expect(event.ts != nil && event.dur != nil && event.cat != nil)
      case "i": #expect(event.ts != nil && (event.s == "t" || event.s == "p"))
      case "b", "e": #expect(event.ts != nil && event.id != nil && event.cat == "frozen")
      case "M": #expect(["process_name", "thread_name", "thread_sort_index"].contains(event.name))
      default: Issue.record("phase \(event.ph)")
      }
    }
  }

  @Test(arguments: ReportFormatTests.records + [.run(ReportFormatTests.hostile)])
  func `spans of one track lie inside each other or apart`(record: Record) throws {
    let spans = try events(record).filter { $0.ph == "X" }
    for (_, track) in Dictionary(grouping: spans, by: { [$0.pid, $0.tid] }) {
      for (index, span) in track.enumerated() {
        for other in track[..<index] {
          let isApart = span.ts.map { $0 >= other.end } ?? false || other.ts.map { $0 >= span.end } ?? false
          let isInside =
            span.ts == other.ts || span.end == other.end
            || ((span.ts ?? 0) > (other.ts ?? 0)) == (span.end < other.end)
          #expect(isApart || isInside, "\(span) \(other)")
        }
      }
    }
  }

  @Test(arguments: ReportFormatTests.records + [.run(ReportFormatTests.hostile)])
  func `every asynchronous span that begins ends, and no earlier`(record: Record) throws {
    let marks = try events(record).filter { $0.ph == "b" || $0.ph == "e" }
    for (_, pair) in Dictionary(grouping: marks, by: { $0.id }) {
      #expect(pair.map(\.ph) == ["b", "e"])
      #expect((pair.first?.ts ?? 1) <= (pair.last?.ts ?? 0))
    }
  }

  @Test func `an SPTE is frozen from the freezer's step to the thaw`() throws {
    let marks = try detailed().filter { $0.ph == "b" || $0.ph == "e" }
    #expect(marks.map(\.name) == ["FROZEN mirror 0x201 level 1", "FROZEN mirror 0x201 level 1"])
    #expect(marks.map(\.ts) == [2, 6])
  }

  @Test func `locks, sections and waits are spans, also those whose begin or end is not there`() throws {
    let spans = try detailed().filter { $0.ph == "X" && $0.cat != "step" && $0.cat != "step,preemption" }
    let texts = spans.map { "\($0.cat ?? "") \($0.name) \($0.ts ?? 0)-\($0.end)" }.sorted()
    #expect(
      texts == [
        "lock mmu_lock for read 0-7", "operation fault 0x201 0-7", "rcu RCU 0-4", "rcu RCU 1-7", "wait mmu_lock 3-7",
      ])
  }

  @Test func `the rule that was broken stands at its step`() throws {
    let instant = try #require(try detailed().first { $0.ph == "i" })
    #expect(instant.name.hasPrefix(SampleExplorations.violation.violations[0].checker))
    #expect(instant.ts == 6)
  }

  @Test func `of a violation without a schedule the last events are shown in their order`() throws {
    let instants = try events(.run(SampleRecords.violation)).filter { $0.ph == "i" }
    #expect(instants.count == SampleRecords.violation.violations.map(\.events.count).reduce(0, +))
  }
}
