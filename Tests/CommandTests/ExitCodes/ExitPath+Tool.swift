import Foundation
import Testing

/// `run`, `explore`, `matrix`, `list`, and the command itself.
extension ExitPath {
  private static let interrupted = "ended by a signal, with report and record of what ran so far"

  static let tool: [ExitPath] =
    [
      ExitPath("stress", 0, "help or version was printed", provoke: runs("--version")),
      ExitPath("stress", 64, "no such command or option", provoke: runs("nonsense")),
      ExitPath("stress", 70, "what was asked for could not be written", provoke: runs("--help", output: "/dev/full")),

      ExitPath("stress run", 0, "no violation", provoke: runs("--threads", "2", "--rounds", "1", "--seed", "1")),
      ExitPath(
        "stress run", 1, "a violation, also of a mutant",
        provoke: runs("--threads", "8", "--seed", "42", "--mutant", "no-freeze", "--no-bridge")),
      ExitPath(
        "stress run", 1, "a violation, and the record could not be written",
        provoke: runs("--threads", "8", "--seed", "42", "--mutant", "no-freeze", "--no-bridge", "--json", "/dev/full")),
      ExitPath("stress run", 64, "bad usage, nothing was started", provoke: runs("run", "--busy", "100")),
      ExitPath(
        "stress run", 70, "the harness failed, for example without memory",
        provoke: runs(["--threads", "2", "--rounds", "1", "--memory-gib", "512"], through: cramped)),
      ExitPath(
        "stress run", 70, "record or report could not be written",
        provoke: runs("--threads", "2", "--rounds", "1", "--text", "/dev/full")),

      ExitPath("stress explore", 0, "no violation", provoke: runs("explore", "--schedules", "64", "--seed", "1")),
      ExitPath(
        "stress explore", 0, "a shard that has no schedule: nothing was run, as the verdict says",
        provoke: runs("explore", "--schedules", "2", "--shard", "3/3", "--seed", "1")),
      ExitPath(
        "stress explore", 1, "a violation, also of a mutant",
        provoke: runs("explore", "--mutant", "thaw-first", "--seed", "3", "--no-minimize")),
      ExitPath("stress explore", 64, "bad usage, nothing was started", provoke: runs("explore", "--schedules", "0")),
      ExitPath(
        "stress explore", 70, "no schedule came to its end in --seconds",
        provoke: runs(
          "explore", "--threads", "1024", "--operations", "64", "--scenario", "guest-zap", "--seconds", "0.01",
          "--jobs", "1", "--seed", "1")),
      ExitPath(
        "stress explore", 70, "record or report could not be written",
        provoke: runs("explore", "--schedules", "64", "--html", "/dev/full")),

      ExitPath(
        "stress exhaust", 0, "no violation: all classes were executed",
        provoke: runs("exhaust", "--pair", "fault,zap", "--table", "private-leaf")),
      ExitPath(
        "stress exhaust", 0, "no violation: some classes are left",
        provoke: runs("exhaust", "--pair", "fault,zap", "--table", "private-leaf", "--executions", "10")),
      ExitPath(
        "stress exhaust", 1, "a violation, also of a mutant",
        provoke: runs("exhaust", "--pair", "fault,zap", "--mutant", "drop-propagate")),
      ExitPath("stress exhaust", 64, "bad usage, nothing was started", provoke: runs("exhaust", "--pair", "fault")),
      ExitPath(
        "stress exhaust", 70, "record or report could not be written",
        provoke: runs("exhaust", "--pair", "fault,zap", "--table", "private-leaf", "--json", "/dev/full")),
      ExitPath(
        "stress matrix", 0, "all is as expected",
        provoke: runs(
          "matrix", "--protocol", "mainline", "--policy", "4k", "--scenario", "fault-fault", "--schedules", "200")),
      ExitPath("stress matrix", 1, "a mutant survived, or a cell differs") { scratch in
        try scratch.write(#"{"cells":[],"mutants":[{"mutant":"thaw-first","checkers":["LIV-1"]}]}"#, to: "e.json")
        return try runs("matrix", "--quick", "--mutant", "thaw-first", "--expected", "e.json")(scratch)
      },
      ExitPath("stress matrix", 64, "bad usage, nothing was started", provoke: runs("matrix", "--update")),
      ExitPath(
        "stress matrix", 70, "record, report or expectations could not be written",
        provoke: runs(
          "matrix", "--protocol", "mainline", "--policy", "4k", "--scenario", "fault-fault", "--schedules", "200",
          "--json", "/dev/full")),

      ExitPath("stress list", 0, "the names were printed", provoke: runs("list", "mutants")),
      ExitPath("stress list", 64, "no such list", provoke: runs("list", "x")),
      ExitPath(
        "stress list", 70, "the list could not be written", provoke: runs("list", "mutants", output: "/dev/full")),
    ]
    + interrupts.flatMap { signal, name in
      [
        ExitPath(
          "stress run", 128 + signal, "\(name): \(interrupted)",
          provoke: signals(signal, "--threads", "2", "--seconds", "600")),
        ExitPath(
          "stress explore", 128 + signal, "\(name): \(interrupted)",
          provoke: signals(signal, "explore", "--seconds", "600")),
        ExitPath(
          "stress exhaust", 128 + signal, "\(name): \(interrupted)",
          provoke: signals(signal, "exhaust", once: " items")),
        ExitPath(
          "stress matrix", 128 + signal, "\(name): \(interrupted)",
          provoke: signals(signal, "matrix", "--only", "protocols", "--schedules", "1000000000")),
      ]
    }
}
