import Campaign
import Foundation
import Scheduling
import Testing

/// Tokens for the tests of what takes one: found once by the command itself, and changed from there.
enum Explored {
  /// Of the common model with its broken thaw: small, and found at once.
  static func micro() throws -> Token { try microResult.get() }

  /// Its execution under the default schedule and with the thaw mended: no rule breaks.
  static func mended() throws -> Token {
    var token = try micro()
    token.mutant = nil
    token.schedule = Schedule()
    return token
  }

  /// The same with a switch of threads that is never reached.
  static func parted() throws -> Token {
    var token = try mended()
    token.schedule.switches = [Schedule.Switch(task: 0, step: 1_000_000, next: 1)]
    return token
  }

  /// Of the whole model, as it was found.
  static func unminimized() throws -> Token { try unminimizedResult.get() }

  private static let microResult = Result {
    try explore(["--scenario", "micro", "--threads", "2", "--operations", "1", "--mutant", "thaw-first"])
  }

  private static let unminimizedResult = Result { try explore(["--mutant", "stay-frozen", "--no-minimize"]) }

  private static func explore(_ options: [String]) throws -> Token {
    let result = try StressCommand.run(["explore", "--seed", "7", "--quiet", "--json", "-"] + options)
    let record = try JSONDecoder().decode(RunRecord.self, from: Data(result.output.utf8))
    return try Token(parsing: try #require(record.violations.first?.reproduction?.token))
  }
}
