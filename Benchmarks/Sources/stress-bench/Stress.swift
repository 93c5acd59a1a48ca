// The tool's own exploration of the common model, beside the others.
import Campaign
import Foundation
import MirrorMMU

/// `stress explore --scenario micro --strategy random-walk` on one thread: with the log of choices, the happens-before
/// hash, the final assertion and the count of distinct executions.
struct Stress: Explorer {
  let name = "stress"

  func explore(_ model: CommonModel, executions: Int, seed: Int) throws -> Exploration {
    let configuration = ExploreConfiguration(
      threads: model.threads, operations: model.iterations, scenario: .micro, strategy: .randomWalk,
      seed: UInt64(seed), mutant: model.isMutant ? Mutant(rawValue: "thaw-first") : nil)
    return try Self.run(configuration, executions)
  }

  static func run(_ configuration: ExploreConfiguration, _ executions: Int) throws -> Exploration {
    let start = DispatchTime.now().uptimeNanoseconds
    let result = ExploreWork(configuration).run(schedules: UInt64(executions))
    let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
    guard let result, result.harnessFault == nil else {
      throw Failure(description: "stress: \(result?.harnessFault ?? "no address space for the fibers")")
    }
    return Exploration(
      executions: Double(result.schedules), steps: Double(result.points), seconds: seconds,
      firstFailure: result.firstFailure.map { Int($0) + 1 })
  }
}
