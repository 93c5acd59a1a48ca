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
  mutating func update(_ now: any EngineProgress) {
    guard let rate = rate(now.count, at: now.elapsedSeconds) else { return }
    show(String(format: "%.0f s  ", now.elapsedSeconds) + now.line(rate: rate))
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

  private static var terminalWidth: Int {
    var size = winsize()
    let known = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return known ? Int(size.ws_col) : 80
  }
}
