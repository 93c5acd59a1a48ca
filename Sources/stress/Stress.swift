import ArgumentParser
import Campaign
import Foundation

/// The command. Its own part is how errors are told: one line on standard error and an exit code, never a page of
/// usage.
@main
struct Stress: ParsableCommand {
  static let version = ToolBuild.line(executable: Bundle.main.executablePath ?? "")

  static let configuration = CommandConfiguration(
    commandName: "stress",
    abstract: "Finds races in a model of KVM/TDX mirror page tables, and repeats them.",
    discussion: """
      The model has the tables, locks and steps of the kernel's TDP MMU (arch/x86/kvm/mmu/tdp_mmu.c) and of the TDX \
      module's secure EPT; checkers watch every access. Two engines drive it: 'run' races real threads, 'explore' runs \
      schedules that a seed decides, so that what it finds can be replayed, minimised and kept.

      Without a subcommand, 'run' is meant: 'stress' alone races 64 threads for 30 seconds. Its options follow below.

      FILES:
        .stress/failures         the schedules that have failed, for 'stress regress'
        .stress/runs             of each process that runs, the command that does the same again
        ~/.cache/stress/kernels  what was built from kernel trees; $XDG_CACHE_HOME stands for ~/.cache
        ~/.cache/stress/series   what is known of the commits of series

      ENVIRONMENT:
        CC                       the compiler for a kernel tree; else clang, gcc or cc
        XDG_CACHE_HOME           the folder of caches
      """,
    version: version,
    subcommands: [
      RunCommand.self, ExploreCommand.self, ReplayCommand.self, MinimizeCommand.self, TraceCommand.self,
      RegressCommand.self,
      MatrixCommand.self, DiffCommand.self, ExhaustCommand.self, SeriesCommand.self, ReportCommand.self,
      MergeCommand.self,
      KernelCommand.self,
      ListCommand.self, AutopsyCommand.self,
    ],
    defaultSubcommand: RunCommand.self)

  static func main() {
    StandardStreams.fillGaps()
    if let problem = CommandWords.problem(Array(CommandLine.arguments.dropFirst()), of: Stress.self) {
      StandardStreams.error.tell(problem)
      Foundation.exit(ExitStatus.usage)
    }
    do {
      SeriesChildren.followParent()
      var command = try parseAsRoot()
      Supervisor.run(command)
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
      let text =
        isRootHelp
        ? message + "\n\n" + helpMessage(for: RunCommand.self) : CompletionScript.offeringRun(message)
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
    let help = "see '\(helpCommand(for: error))'"
    if message.hasPrefix("Unexpected argument") {
      let argument = message.split(separator: "'", omittingEmptySubsequences: false).dropFirst().first ?? ""
      return "; " + (CommandWords.advice(for: String(argument), of: Stress.self) ?? "allowed are options, \(help)")
    }
    if message.hasPrefix("Unknown option") { return "; \(help) for those allowed" }
    if message.hasPrefix("Missing expected argument") { return "; \(help)" }
    return ""
  }

  /// The help of the subcommand that was given. That of `run` is part of the root's, as `run` need not be typed.
  private static func helpCommand(for error: any Error) -> String {
    let words = fullMessage(for: error).split(separator: "'", omittingEmptySubsequences: false)
    let command = words.last { $0.hasPrefix("stress ") && $0.hasSuffix(" --help") } ?? ""
    return command.isEmpty || command == "stress run --help" ? "stress --help" : String(command)
  }
}
