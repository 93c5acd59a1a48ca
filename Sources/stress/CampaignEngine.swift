/// What the commands know of an engine: it runs, tells how far it is, can be asked to end, and leaves a record.
import Campaign
import Foundation
import Reports

protocol CampaignEngine: Sendable {
  associatedtype Record: DeliveredRecord

  /// Safe from any thread and from a signal source.
  func requestStop()

  /// Runs to its end on the calling thread.
  /// - Parameters:
  ///   - tell: called about ten times a second.
  ///   - notice: called with a line for the user when something that the run can do without is missing.
  func carryOut(
    _ tell: @escaping (any EngineProgress) -> Void, _ notice: @escaping (String) -> Void
  ) -> Record
}

/// How far an engine is.
protocol EngineProgress {
  var elapsedSeconds: Double { get }
  /// Of what it does so and so many in each second.
  var count: UInt64 { get }
  func line(rate: Double) -> String
}

/// A record that is written and printed.
protocol DeliveredRecord: EngineRecord {
  /// What files of reports are made of; nil for a record of which there are no reports besides what is printed.
  var reported: Record? { get }
  func json() throws -> Data
  func text(isQuiet: Bool, isFull: Bool) -> String
}

// MARK: The engines

extension Soak: CampaignEngine {
  func carryOut(
    _ tell: @escaping (any EngineProgress) -> Void, _ notice: @escaping (String) -> Void
  ) -> RunRecord { run(progress: { tell($0) }, notice: notice) }
}

extension Explore: CampaignEngine {
  func carryOut(
    _ tell: @escaping (any EngineProgress) -> Void, _ notice: @escaping (String) -> Void
  ) -> RunRecord { run(progress: { tell($0) }, notice: notice) }
}

extension Matrix: CampaignEngine {
  func carryOut(
    _ tell: @escaping (any EngineProgress) -> Void, _ notice: @escaping (String) -> Void
  ) -> MatrixRecord { run(progress: { tell($0) }, notice: notice) }
}

extension Differential: CampaignEngine {
  func carryOut(
    _ tell: @escaping (any EngineProgress) -> Void, _ notice: @escaping (String) -> Void
  ) -> DiffRecord { run(progress: { tell($0) }, notice: notice) }
}

extension Exhaust: CampaignEngine {
  func carryOut(
    _ tell: @escaping (any EngineProgress) -> Void, _ notice: @escaping (String) -> Void
  ) -> ExhaustRecord { run { tell($0) } }
}

extension Series: CampaignEngine {
  func carryOut(
    _ tell: @escaping (any EngineProgress) -> Void, _ notice: @escaping (String) -> Void
  ) -> SeriesRecord { run { tell($0) } }
}

extension Mutation: CampaignEngine {
  func carryOut(
    _ tell: @escaping (any EngineProgress) -> Void, _ notice: @escaping (String) -> Void
  ) -> MutationRecord { run { tell($0) } }
}

// MARK: How far they are

extension SoakProgress: EngineProgress {
  var count: UInt64 { operations }
  func line(rate: Double) -> String {
    "\(rounds) rounds  \(operations) operations  "
      + (phase ?? String(format: "%.0f ops/s  ", rate) + "\(liveThreads) threads live")
  }
}

extension ExploreProgress: EngineProgress {
  var count: UInt64 { schedules }
  func line(rate: Double) -> String {
    "\(schedules) schedules  \(distinct) distinct  " + (phase ?? String(format: "%.0f schedules/s", rate))
  }
}

extension MatrixProgress: EngineProgress {
  var count: UInt64 { schedules }
  func line(rate: Double) -> String {
    "\(cells) of \(totalCells) cells  \(schedules) schedules  " + (phase ?? String(format: "%.0f schedules/s", rate))
  }
}

extension DifferentialProgress: EngineProgress {
  var count: UInt64 { episodes }
  func line(rate: Double) -> String {
    "\(episodes) episodes  \(differing) differ  " + String(format: "%.0f episodes/s", rate)
  }
}

extension ExhaustProgress: EngineProgress {
  var count: UInt64 { classes }
  func line(rate: Double) -> String {
    let left = executionsLeft.map { $0 > 0 ? String(format: "  at most about %.1g executions left", $0) : "" } ?? ""
    return "\(items) of \(ofItems) items  \(complete) complete  \(classes) classes  \(Int(rate))/s\(left)"
  }
}

extension SeriesProgress: EngineProgress {
  var count: UInt64 { UInt64(commits) }
  func line(rate: Double) -> String {
    "\(max(commits - 1, 0)) of \(ofCommits - 1) commits  "
      + (commits < ofCommits ? "\(commits == 0 ? "base" : "\(commits)/\(ofCommits - 1)"): \(phase)" : "")
  }
}

extension MutationProgress: EngineProgress {
  var count: UInt64 { UInt64(mutants) }
  func line(rate: Double) -> String {
    ofMutants == 0 ? "the commit itself: \(phase)" : "\(mutants) of \(ofMutants) mutants"
  }
}

// MARK: What they leave

extension RunRecord: DeliveredRecord {
  var reported: Record? { .run(self) }
  func json() throws -> Data { try RecordJSON.encode(self) }
  func text(isQuiet: Bool, isFull: Bool) -> String {
    isQuiet ? TextReport(self).renderQuietly(full: isFull) : TextReport(self).render(full: isFull)
  }
}

extension MatrixRecord: DeliveredRecord {
  var reported: Record? { .matrix(self) }
  func json() throws -> Data { try RecordJSON.encode(self) }
  func text(isQuiet: Bool, isFull: Bool) -> String {
    isQuiet ? MatrixText(self).renderQuietly() : MatrixText(self).render()
  }
}

extension DiffRecord: DeliveredRecord {
  var reported: Record? { nil }
  func json() throws -> Data { try RecordJSON.encode(self) }
  func text(isQuiet: Bool, isFull: Bool) -> String {
    isQuiet ? DiffText(self).renderQuietly() : DiffText(self).render()
  }
}

extension ExhaustRecord: DeliveredRecord {
  var reported: Record? { .exhaust(self) }
  func json() throws -> Data { try RecordJSON.encode(self) }
  func text(isQuiet: Bool, isFull: Bool) -> String {
    isQuiet ? ExhaustText(self).renderQuietly() : ExhaustText(self).render()
  }
}

extension SeriesRecord: DeliveredRecord {
  var reported: Record? { .series(self) }
  func json() throws -> Data { try RecordJSON.encode(self) }
  func text(isQuiet: Bool, isFull: Bool) -> String {
    isQuiet ? SeriesText(self).renderQuietly() : SeriesText(self).render()
  }
}

extension MutationRecord: DeliveredRecord {
  var reported: Record? { nil }
  func json() throws -> Data { try RecordJSON.encode(self) }
  func text(isQuiet: Bool, isFull: Bool) -> String {
    isQuiet ? MutationText(self).renderQuietly() : MutationText(self).render()
  }
}
