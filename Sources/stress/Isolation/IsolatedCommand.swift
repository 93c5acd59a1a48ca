/// A command that may run a user's kernel code, and what is asked of it when that has ended its process.
import ArgumentParser
import Campaign
import KernelMMU

protocol IsolatedCommand: ReportingCommand {
  /// As whose the record of a death is told.
  static var deathEngine: Engine { get }
  var isolated: KernelOptions { get }
  /// What it is not given and draws; nil for a command that draws nothing.
  var seed: Seed? { get }
  /// What it finds is kept in `.stress/failures`.
  var keepsFailures: Bool { get }
}

/// Of all that a command draws.
struct Seed {
  var given: UInt64?
}

extension IsolatedCommand {
  var seed: Seed? { nil }
  var keepsFailures: Bool { false }
}

extension ExploreCommand: IsolatedCommand {
  static var deathEngine: Engine { .explore }
  var isolated: KernelOptions { options.kernel }
  var seed: Seed? { Seed(given: options.subject.seed.given) }
  var keepsFailures: Bool { true }
}

extension ExhaustCommand: IsolatedCommand {
  /// As a schedule: that is what is found again.
  static var deathEngine: Engine { .explore }
  var isolated: KernelOptions { kernel }
  var keepsFailures: Bool { true }
}

extension RunCommand: IsolatedCommand {
  /// As a schedule: one of those by which it looks for what threads have met.
  static var deathEngine: Engine { .explore }
  var isolated: KernelOptions { options.kernel }
  var seed: Seed? { Seed(given: options.subject.seed.given) }
  var keepsFailures: Bool { true }
}

extension MatrixCommand: IsolatedCommand {
  /// As the campaign of its cell.
  static var deathEngine: Engine { .explore }
  var isolated: KernelOptions { options.kernel }
  var seed: Seed? { Seed(given: options.seed ?? 1) }
}

extension ReplayCommand: IsolatedCommand {
  static var deathEngine: Engine { .replay }
  var isolated: KernelOptions { kernel }
}

extension MinimizeCommand: IsolatedCommand {
  static var deathEngine: Engine { .minimize }
  var isolated: KernelOptions { kernel }
}

extension TraceCommand: IsolatedCommand {
  static var deathEngine: Engine { .replay }
  var isolated: KernelOptions { kernel }
}
