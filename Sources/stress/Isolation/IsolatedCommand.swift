/// A command that may run a user's kernel code, and what is asked of it when that has ended its process.
import ArgumentParser
import Campaign
import KernelMMU

protocol IsolatedCommand: ParsableCommand {
  /// As a record's `engine`.
  static var engine: String { get }
  var kernelOptions: KernelOptions { get }
  var isQuiet: Bool { get }
  func outputFiles() throws -> OutputFiles
  var showsAllSteps: Bool { get }
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
  var showsAllSteps: Bool { false }
  var seed: Seed? { nil }
  var keepsFailures: Bool { false }
}

extension ExploreCommand: IsolatedCommand {
  static var engine: String { "explore" }
  var kernelOptions: KernelOptions { options.kernel }
  var isQuiet: Bool { output.quiet }
  func outputFiles() throws -> OutputFiles { try output.files() }
  var showsAllSteps: Bool { steps.full }
  var seed: Seed? { Seed(given: options.subject.seed) }
  var keepsFailures: Bool { true }
}

extension ExhaustCommand: IsolatedCommand {
  static var engine: String { "exhaust" }
  var kernelOptions: KernelOptions { kernel }
  var isQuiet: Bool { output.quiet }
  func outputFiles() throws -> OutputFiles { try output.files() }
  var keepsFailures: Bool { true }
}

extension ReplayCommand: IsolatedCommand {
  static var engine: String { "replay" }
  var kernelOptions: KernelOptions { kernel }
  var isQuiet: Bool { output.quiet }
  func outputFiles() throws -> OutputFiles { try output.files() }
  var showsAllSteps: Bool { steps.full }
}

extension MinimizeCommand: IsolatedCommand {
  static var engine: String { "minimize" }
  var kernelOptions: KernelOptions { kernel }
  var isQuiet: Bool { output.quiet }
  func outputFiles() throws -> OutputFiles { try output.files() }
  var showsAllSteps: Bool { steps.full }
}

extension TraceCommand: IsolatedCommand {
  static var engine: String { "replay" }
  var kernelOptions: KernelOptions { kernel }
  var isQuiet: Bool { output.quiet }
  func outputFiles() throws -> OutputFiles { try output.files() }
  var showsAllSteps: Bool { steps.full }
}

extension RunCommand: IsolatedCommand {
  /// What ends its process is told as a schedule: one of those by which it looks for what threads have met.
  static var engine: String { "explore" }
  var kernelOptions: KernelOptions { options.kernel }
  var isQuiet: Bool { output.quiet }
  func outputFiles() throws -> OutputFiles { try output.files() }
  var showsAllSteps: Bool { steps.full }
  var seed: Seed? { Seed(given: options.subject.seed) }
  var keepsFailures: Bool { true }
}

extension MatrixCommand: IsolatedCommand {
  /// What ends its process is told as the campaign of its cell.
  static var engine: String { "explore" }
  var seed: Seed? { Seed(given: options.seed ?? 1) }
  var kernelOptions: KernelOptions { options.kernel }
  var isQuiet: Bool { output.quiet }
  func outputFiles() throws -> OutputFiles { try output.files() }
}
