import ArgumentParser
import Campaign
import Executions
import Foundation
import KernelMMU
import Machine

/// `stress regress`: are the failures that were found fixed?
struct RegressCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "regress",
    abstract: "Replay every failure that 'explore' has kept, and tell which are fixed.",
    discussion: """
      A line for each file says 'fixed', 'still fails' or 'not replayable' and why; the last line has the sums. A \
      failure of a mutant is fixed by no change to the protocol; its line names the mutant.

      EXAMPLES:
        stress regress                       all of \(FailureArchive.defaultDirectory)
        stress regress tests/races           files that were moved where they are not lost

      EXIT CODES:
        0    all are fixed, or none is kept
        1    at least one still fails
        64   bad usage, or a directory that cannot be read or holds none
        70   none fails, but at least one could not be replayed
        125  with --bisect: the kernel tree does not build or is not supported
        130  ended by SIGINT, with the sums of what was replayed
        129  the same by SIGHUP
        143  the same by SIGTERM
      """)

  @Argument(
    help: .init("The directory. (default: \(FailureArchive.defaultDirectory))", valueName: "dir"),
    completion: .directory)
  var directory: String?

  @OptionGroup var kernel: KernelOptions

  func run() throws {
    let subjects = RegressSubjects(kernel, try kernel.kernel())
    let entries = try entries()
    // What was replayed before kernel code ended the process that did it.
    var sums = RegressSums(Isolation.box)
    if let directory, entries.isEmpty {
      throw ValidationError(
        access(directory, F_OK) == 0
          ? "'\(directory)' holds no failure (*.txt)" : "the directory '\(directory)' does not exist")
    }
    if entries.isEmpty {
      StandardStreams.error.write(
        "stress: no failure is kept in \(archive.directory); 'stress explore' keeps what it finds in "
          + "\(FailureArchive.currentDirectory)\n")
    }
    let early = EarlyEnd()
    let signals = Signals(onFirst: { early.request() })
    for entry in entries.dropFirst(sums.count) where signals.received == nil {
      guard let regression = Regression(entry.path, subjects, early) else { break }
      sums.add(regression, named: entry.name, width: Self.width(entries))
      sums.store(in: Isolation.box)
    }
    sums.tellAll(unseen: subjects.unseen)
    Foundation.exit(sums.status(signal: signals.received))
  }

  private var archive: FailureArchive { FailureArchive(directory: directory ?? FailureArchive.currentDirectory) }

  private func entries() throws -> [FailureArchive.Entry] {
    do {
      return try archive.list()
    } catch {
      throw ValidationError("\(error)")
    }
  }

  private static func width(_ entries: [FailureArchive.Entry]) -> Int { entries.map(\.name.count).max() ?? 0 }

  /// A failure that has ended the process that replayed it still fails.
  /// - Returns: false if there is no such failure.
  func tellDeath(_ box: BlackBox, _ signal: String) -> Bool {
    var sums = RegressSums(box)
    guard let entries = try? entries(), sums.count < entries.count else { return false }
    sums.add(
      .fails(", with \(CheckerID.oops1.name): it ended its process by \(signal)"), named: entries[sums.count].name,
      width: Self.width(entries))
    sums.store(in: box)
    return true
  }
}

/// The builds of one kernel tree that a directory's tokens ask for.
private final class RegressSubjects {
  private let options: KernelOptions
  private let asked: KernelSubject?
  private var plain: KernelSubject?

  var isGiven: Bool { asked != nil }
  /// What of the tree's changes no replay can see.
  var unseen: [String] { asked.map { UnseenChange.lines($0.origin.unseen) } ?? [] }

  /// - Parameter asked: what the options ask for by themselves.
  init(_ options: KernelOptions, _ asked: KernelSubject?) {
    self.options = options
    self.asked = asked
  }

  func kernel(for token: Token) throws -> KernelSubject? {
    guard token.kernelTree != nil, var kernel = asked else { return asked }
    if token.plainAccesses && !kernel.plainAccesses {
      if plain == nil { plain = try options.plainKernel() }
      kernel = plain ?? kernel
    }
    kernel.checksRaces = kernel.checksRaces || token.checker == .race1
    return kernel
  }
}

/// What came of one file.
private enum Regression {
  case fixed(String)
  case fails(String)
  case notReplayable(String)

  /// nil where that was not waited for.
  init?(_ path: String, _ subjects: RegressSubjects, _ early: EarlyEnd) {
    do {
      let token = try FailureArchive.read(path)
      guard token.kernelTree == nil || subjects.isGiven else {
        self = .notReplayable("a kernel's, say which with --kernel-tree")
        return
      }
      guard let result = TokenRegress.check(token, kernel: try subjects.kernel(for: token), early: early) else {
        return nil
      }
      self.init(token, result)
    } catch is ExitCode {
      // Why has been told.
      self = .notReplayable("the kernel cannot be built as it needs it")
    } catch {
      self = .notReplayable("\(error)")
    }
  }

  private init(_ token: Token, _ result: TokenRegress.Result) {
    switch result {
    case .fixed(let drawn): self = .fixed(drawn == 0 ? "" : ", its episode is clean in \(drawn) drawn schedules")
    case .proven(let most):
      self = .fixed(", no interleaving of its episode fails, with at most \(most) BUSY or yield a thread")
    case .unknown(let reason): self = .notReplayable(reason)
    case .breaksInSetUp(let checker):
      self = .fails(", with \(checker) while its initial tables are built, before any thread runs")
    case .fails(let checker):
      let other = checker == token.checker.name ? "" : ", with \(checker)"
      self = .fails(other + (token.mutant.map { " (mutant \($0.rawValue))" } ?? ""))
    }
  }

  var text: String {
    switch self {
    case .fixed(let how): "fixed\(how)"
    case .fails(let how): "still fails\(how)"
    case .notReplayable(let reason): "not replayable: \(reason)"
    }
  }
}

private struct RegressSums {
  private var fixed = 0
  private var failing = 0
  private var notReplayable = 0
  private var isTold = true

  /// Files that were replayed, or could not be.
  var count: Int { fixed + failing + notReplayable }

  init(_ box: BlackBox?) {
    guard let box else { return }
    (fixed, failing, notReplayable) = (Int(box[sum: 0]), Int(box[sum: 1]), Int(box[sum: 2]))
  }

  func store(in box: BlackBox?) {
    for (index, sum) in [fixed, failing, notReplayable].enumerated() { box?[sum: index] = UInt64(sum) }
  }

  mutating func add(_ regression: Regression, named name: String, width: Int) {
    switch regression {
    case .fixed: fixed += 1
    case .fails: failing += 1
    case .notReplayable: notReplayable += 1
    }
    tell(name.padding(toLength: width, withPad: " ", startingAt: 0) + "  " + regression.text)
  }

  mutating func tellAll(unseen: [String]) {
    for line in unseen { tell(line) }
    var parts = ["\(fixed + failing) replayed"]
    if fixed + failing > 0 { parts.append("\(fixed) fixed") }
    if failing > 0 { parts.append("\(failing) still fail\(failing == 1 ? "s" : "")") }
    if notReplayable > 0 { parts.append("\(notReplayable) not replayable") }
    tell(parts.joined(separator: ", "))
  }

  private mutating func tell(_ line: String) {
    // A reader that closed the pipe still gets the exit code of all.
    if let failure = StandardStreams.output.write(line + "\n"), failure != EPIPE { isTold = false }
  }

  /// A failure outweighs what is not known, and both the signal.
  func status(signal: Int32?) -> Int32 {
    if failing > 0 { return ExitStatus.violation }
    if notReplayable > 0 || !isTold { return ExitStatus.harnessFault }
    return signal.map(ExitStatus.interrupted(by:)) ?? ExitStatus.clean
  }
}
