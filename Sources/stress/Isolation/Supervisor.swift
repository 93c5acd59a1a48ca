/// Runs a command whose kernel code may end its process in a process of its own, and tells what came of it.
///
/// Most of what kernel code can do wrong ends nothing: a fault or an endless loop in it is caught in the process where
/// it happens, is minimised there, and costs no more than any other violation. What is left is what cannot be caught
/// safely: memory of the tool that was written over, a fault in the tool's own code that it led to, an abort, a process
/// that the system has killed. For that there is this second process. It runs no kernel code, shares some memory with
/// the first (`BlackBox`), and does nothing until that is dead. Then it looks for the execution that did it, by running
/// each that was under way in a process of its own (`Postmortem`).
///
/// A process for the command, not for each schedule: thousands of schedules a second would become tens.
import ArgumentParser
import Campaign
import Foundation
import KernelMMU
import Machine

struct Supervisor {
  /// An execution that hangs where it cannot be left is none that ends a process.
  static let secondsPerErrand = 60.0
  private static let triesOfRound = 3
  private static let secondsOfSearch = 20

  let box: BlackBox
  private let bisection: Bisection?
  private let mask: sigset_t
  private let child = Child()
  private let signals: Signals

  /// Ends the process with the command's exit code; returns if the command needs no second process, or none can be had.
  static func run(_ command: any ParsableCommand) {
    let options = (command as? any IsolatedCommand)?.isolated ?? (command as? RegressCommand)?.kernel
    guard !Isolation.isChild, let options, options.path != nil else { return }
    let bisection = Bisection(options)
    bisection?.refuseWhatCannotBeJudged()
    guard let box = BlackBox.create() else { return }
    let supervisor = Supervisor(box, bisection)
    if let regress = command as? RegressCommand { supervisor.supervise(regress) }
    if let isolated = command as? any IsolatedCommand { supervisor.supervise(isolated) }
  }

  init(_ box: BlackBox, _ bisection: Bisection?) {
    self.box = box
    self.bisection = bisection
    var mask = sigset_t()
    pthread_sigmask(SIG_SETMASK, nil, &mask)
    self.mask = mask
    // A terminal signals both processes, and whoever else means the command means the child.
    signals = Signals(telling: { [child] in child.send($0) })
  }

  /// Runs the program with other arguments.
  /// - Returns: nil if it cannot be started.
  func start(_ arguments: [String], isSilent: Bool, atMost seconds: Double? = nil) -> ChildProcess.End? {
    guard let process = ChildProcess.start(arguments, box, isSilent: isSilent, mask: mask) else { return nil }
    child.replace(process)
    defer { child.replace(nil) }
    return process.wait(atMost: seconds)
  }

  /// The signal by which somebody wants the run to end.
  var interruption: Int32? { signals.received }
  var isInterrupted: Bool { interruption != nil }

  // MARK: A command

  private func supervise(_ command: any IsolatedCommand) {
    var arguments = Array(CommandLine.arguments.dropFirst())
    let seed = command.seed.map { $0.given ?? UInt64.random(in: .min ... .max) }
    if let seed, command.seed?.given == nil { arguments += ["--seed", SeedText.format(seed)] }
    switch start(arguments, isSilent: false) {
    case nil: return
    case .exited(let code): leave(code)
    case .signaled(let signal):
      if SignalName.isRequest(signal) || isInterrupted { _exit(ExitStatus.interrupted(by: interruption ?? signal)) }
      leave(tell(command, child.last, signal, seed))
    }
  }

  func leave(_ status: Int32) -> Never { _exit(bisection?.end(status) ?? status) }

  /// - Returns: the exit code.
  private func tell(
    _ command: any IsolatedCommand, _ process: Int32, _ signal: Int32, _ seed: UInt64?
  ) -> Int32 {
    let name = SignalName.of(signal)
    StandardStreams.error.write(
      "stress: the process that ran the kernel was ended by \(name); looking for what did it\n")
    guard let kernel = try? command.isolated.kernel() else { return ExitStatus.harnessFault }
    let noted = box.fault(in: kernel)
    let isOfThreads = command is RunCommand
    let report = DeathRecord(kernel, engine: type(of: command).deathEngine, signal: name)
    var record: RunRecord?
    let found = examine(signal, kernel)
    if let death = found ?? (isOfThreads ? explore(kernel, seed ?? 0) : nil) {
      record = report.build(death, seed: seed, noted: box.fault(in: kernel) ?? noted)
      if command.keepsFailures && !death.isInSetUp { keep(death.token) }
    } else if let run = command as? RunCommand, let configuration = try? run.options.configuration(seed: seed ?? 0) {
      record = report.build(configuration, process: process, noted: noted) { repeats($0, signal) }
    }
    guard let record else {
      StandardStreams.error.tell(
        "the process that ran the kernel was ended by \(name), and what was under way does not do it again alone: its "
          + "memory may have been damaged before; \(StateFolder.current)/runs/\(process).txt has the command that runs "
          + "it again")
      return command.isolated.bisect ? ExitStatus.notSupported : ExitStatus.harnessFault
    }
    do {
      _ = Delivery(
        record: record, files: try command.output.files(), output: command.output
      ).perform()
    } catch {
      StandardStreams.error.tell("\(error)")
    }
    if command.keepsFailures && !command.output.quiet { KeptFailures.tell(record) }
    return ExitStatus.violation
  }

  /// The execution that did it, if one of those under way does it alone.
  private func examine(_ signal: Int32, _ kernel: KernelSubject) -> Postmortem.Death? {
    Postmortem(box, signal: signal) { errand in isInterrupted ? nil : carryOut(errand, kernel) }.run()
  }

  /// Looks for a schedule that does what threads did.
  private func explore(_ kernel: KernelSubject, _ seed: UInt64) -> Postmortem.Death? {
    box.clear()
    let end = start(
      [
        "explore", "--kernel-tree", kernel.path, "--seed", SeedText.format(seed), "--no-minimize", "--seconds",
        "\(Self.secondsOfSearch)",
      ], isSilent: true, atMost: Self.secondsPerErrand)
    guard case .signaled(let signal) = end, !SignalName.isRequest(signal) else { return nil }
    return examine(signal, kernel)
  }

  /// Threads that met once need not meet again: a few tries.
  private func repeats(_ command: String, _ signal: Int32) -> Bool {
    // A path in quotes is one that this does not read.
    let words = command.split(separator: " ").dropFirst().map(String.init)
    guard !command.contains("'") else { return false }
    return (0..<Self.triesOfRound).contains { _ in
      !isInterrupted && start(words, isSilent: true, atMost: Self.secondsPerErrand) == .signaled(signal)
    }
  }

  private func carryOut(_ errand: Postmortem.Errand, _ kernel: KernelSubject) -> Int32? {
    let words: [String] =
      switch errand {
      case .retrace(let index): ["--place", "\(index)"]
      case .replay: []
      }
    let end = start(
      ["autopsy", "--kernel-tree", kernel.path] + words, isSilent: true, atMost: Self.secondsPerErrand)
    if case .signaled(let signal) = end { return signal }
    return nil
  }

  private func keep(_ token: Token) {
    do {
      try FailureArchive().store(
        token, comments: ["found by: stress \(CommandLine.arguments.dropFirst().joined(separator: " "))"])
    } catch {
      StandardStreams.error.write("stress: the failure is not kept on disk: \(error.message)\n")
    }
  }
}

/// The child that runs at the moment, for the thread that takes signals.
private final class Child: @unchecked Sendable {
  private let lock = NSLock()
  private var process: ChildProcess?

  /// A signal that came while none ran: whoever sent it sends no second one.
  private var missed: Int32?

  /// The identifier of the one that was started last.
  private(set) var last: pid_t = 0

  func replace(_ other: ChildProcess?) {
    lock.withLock {
      process = other
      last = other?.identifier ?? last
      if let other, let signal = missed {
        other.send(signal)
        missed = nil
      }
    }
  }

  func send(_ signal: Int32) {
    lock.withLock {
      if let process { process.send(signal) } else { missed = signal }
    }
  }
}

enum SignalName {
  private static let names: [Int32: String] = [
    SIGSEGV: "SIGSEGV", SIGBUS: "SIGBUS", SIGILL: "SIGILL", SIGFPE: "SIGFPE", SIGTRAP: "SIGTRAP", SIGABRT: "SIGABRT",
    SIGKILL: "SIGKILL, which the system sends where memory is short", SIGSYS: "SIGSYS", SIGXCPU: "SIGXCPU",
  ]

  static func of(_ signal: Int32) -> String { names[signal] ?? "signal \(signal)" }

  /// Sent by somebody who wants the run to end.
  static func isRequest(_ signal: Int32) -> Bool { [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE].contains(signal) }
}
