import ArgumentParser
import Foundation

/// The command. Its own part is how errors are told: one line on standard error and an exit code, never a page of
/// usage.
@main
struct Stress: ParsableCommand {
  static let version = "stress 0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "stress",
    abstract: "Races threads on a model of KVM/TDX mirror page tables and checks every rule of the protocol.",
    discussion: """
      The model has the tables, locks and steps of the kernel's TDP MMU (arch/x86/kvm/mmu/tdp_mmu.c) and of the TDX \
      module's secure EPT. Without a subcommand, 'run' is meant: 'stress' alone races 64 threads for 30 seconds.
      """,
    version: version,
    subcommands: [RunCommand.self, ListCommand.self],
    defaultSubcommand: RunCommand.self)

  static func main() {
    StandardStreams.fillGaps()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      finish(error)
    }
  }

  private static func finish(_ error: any Error) -> Never {
    let code = exitCode(for: error).rawValue
    let message = message(for: error)
    guard code != 0 else {
      // The options of `run` are what a reader of `stress --help` looks for, as `run` need not be typed.
      let isRootHelp = message == helpMessage()
      let text = isRootHelp ? message + "\n\n" + helpMessage(for: RunCommand.self) : message
      let failure = StandardStreams.output.write(text + "\n")
      Foundation.exit(failure == nil ? 0 : ExitStatus.harnessFault)
    }
    if !message.isEmpty { StandardStreams.error.tell(message + advice(message, for: error)) }
    Foundation.exit(code)
  }

  /// What the parser's own messages lack: which value is allowed, or where to read it.
  private static func advice(_ message: String, for error: any Error) -> String {
    if message.hasPrefix("Missing value"),
      let help = fullMessage(for: error).split(separator: "\n").first(where: { $0.hasPrefix("Help:") })
    {
      return "; allowed:" + help.dropFirst("Help:".count)
    }
    if message.hasPrefix("Unexpected argument") { return "; allowed are options, see 'stress --help'" }
    if message.hasPrefix("Unknown option") { return "; see 'stress --help' for those allowed" }
    return ""
  }
}
