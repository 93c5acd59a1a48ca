import Campaign
import Foundation

/// The progress line on standard error: rewritten in place once a second on a terminal, a line every 15 s in a pipe.
struct Progress {
  private let isTerminal: Bool
  private let isQuiet: Bool
  private let interval: Double
  private var lastTime = 0.0
  private var lastCount: UInt64 = 0
  private var shownWidth = 0

  init(quiet: Bool) {
    isQuiet = quiet
    isTerminal = StandardStreams.error.isTerminal
    interval = isTerminal ? 1 : 15
  }

  /// Shows `now` if it is time to.
  mutating func update(_ now: SoakProgress) {
    guard let rate = rate(now.operations, at: now.elapsedSeconds) else { return }
    show(Self.line(now, rate: rate))
  }

  /// Shows `now` if it is time to.
  mutating func update(_ now: ExploreProgress) {
    guard let rate = rate(now.schedules, at: now.elapsedSeconds) else { return }
    show(Self.line(now, rate: rate))
  }

  /// Shows `now` if it is time to.
  mutating func update(_ now: MatrixProgress) {
    guard let rate = rate(now.schedules, at: now.elapsedSeconds) else { return }
    show(Self.line(now, rate: rate))
  }

  /// Shows `now` if it is time to.
  mutating func update(_ now: DifferentialProgress) {
    guard let rate = rate(now.episodes, at: now.elapsedSeconds) else { return }
    show(Self.line(now, rate: rate))
  }

  /// Shows `now` if it is time to.
  mutating func update(_ now: ExhaustProgress) {
    guard let rate = rate(now.classes, at: now.elapsedSeconds) else { return }
    show(
      "\(Int(now.elapsedSeconds)) s  \(now.items) of \(now.ofItems) items  \(now.classes) classes  \(Int(rate))/s")
  }

  /// What was done in each second since the last line: a run that slows down shows it. nil if it is not yet time for
  /// another line.
  private mutating func rate(_ count: UInt64, at time: Double) -> Double? {
    let passed = time - lastTime
    guard !isQuiet, passed >= interval else { return nil }
    let done = count >= lastCount ? count - lastCount : 0
    lastTime = time
    lastCount = count
    return Double(done) / passed
  }

  /// Leaves an empty line where the progress was.
  mutating func finish() {
    guard shownWidth > 0 else { return }
    StandardStreams.error.write("\r" + String(repeating: " ", count: shownWidth) + "\r")
    shownWidth = 0
  }

  private mutating func show(_ line: String) {
    guard isTerminal else {
      StandardStreams.error.write(line + "\n")
      return
    }
    // A line that reached the last column would wrap and could not be rewritten.
    let shown = String(line.prefix(max(Self.terminalWidth - 1, 1)))
    let rest = String(repeating: " ", count: max(0, shownWidth - shown.count))
    StandardStreams.error.write("\r" + shown + rest)
    shownWidth = shown.count
  }

  private static func line(_ now: SoakProgress, rate: Double) -> String {
    String(format: "%.0f s  ", now.elapsedSeconds)
      + "\(now.rounds) rounds  \(now.operations) operations  "
      + (now.phase ?? String(format: "%.0f ops/s  ", rate) + "\(now.liveThreads) threads live")
  }

  private static func line(_ now: ExploreProgress, rate: Double) -> String {
    String(format: "%.0f s  ", now.elapsedSeconds)
      + "\(now.schedules) schedules  \(now.distinct) distinct  "
      + (now.phase ?? String(format: "%.0f schedules/s", rate))
  }

  private static func line(_ now: MatrixProgress, rate: Double) -> String {
    String(format: "%.0f s  ", now.elapsedSeconds)
      + "\(now.cells) of \(now.totalCells) cells  \(now.schedules) schedules  "
      + (now.phase ?? String(format: "%.0f schedules/s", rate))
  }

  private static func line(_ now: DifferentialProgress, rate: Double) -> String {
    String(format: "%.0f s  ", now.elapsedSeconds) + "\(now.episodes) episodes  \(now.differing) differ  "
      + String(format: "%.0f episodes/s", rate)
  }

  private static var terminalWidth: Int {
    var size = winsize()
    let known = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return known ? Int(size.ws_col) : 80
  }
}
