// What explores the common model at random: the ceiling, relacy.
import CExplorationBaseline
import Foundation

/// What a run of an explorer did.
struct Exploration {
  var executions: Double
  /// Atomic accesses of all executions.
  var steps: Double
  var seconds: Double
  /// Of the execution, from 1, that broke the model's assertion first.
  var firstFailure: Int?
}

protocol Explorer {
  var name: String { get }

  /// Explores the common model (CExplorationBaseline.h has it), or the mutant that writes the SPTE before the external
  /// word, with `executions` schedules drawn from `seed`.
  func explore(_ model: CommonModel, executions: Int, seed: Int) throws -> Exploration
}

struct CommonModel {
  var threads: Int
  var iterations: Int
  var isMutant = false
}

extension Explorer {
  /// How many executions take about `seconds`.
  func executions(_ model: CommonModel, lasting seconds: Double) throws -> Int {
    let short = min(seconds, 0.1)
    var executions = 100
    while true {
      let run = try explore(model, executions: executions, seed: 1)
      if run.seconds >= short / 2 { return max(1, Int(Double(executions) * seconds / run.seconds)) }
      executions = Int(Double(executions) * min(10, max(2, short / max(run.seconds, 1e-9))))
    }
  }

  /// An explorer that takes the model for broken, or its mutant for sound, measures nothing.
  func checkVerdicts(_ model: CommonModel) throws {
    var model = model
    if try explore(model, executions: 2_000, seed: 1).firstFailure != nil {
      throw Failure(description: "\(name) reports a failure of the sound model")
    }
    model.isMutant = true
    if model.threads > 1, try explore(model, executions: 100_000, seed: 1).firstFailure == nil {
      throw Failure(description: "\(name) does not find the mutant")
    }
  }
}

/// Bare fibers: what no explorer that also records, hashes or checks can surpass.
struct Ceiling: Explorer {
  let name = "bare fibers"

  func explore(_ model: CommonModel, executions: Int, seed: Int) throws -> Exploration {
    var options = cexploration_options(
      threads: UInt32(model.threads), iterations: UInt32(model.iterations), executions: UInt64(executions),
      seed: UInt64(seed), is_spte_written_first: model.isMutant)
    var result = cexploration_result()
    guard cexploration_run(&options, &result) else {
      throw Failure(description: "\(name): \(String(cString: strerror(errno)))")
    }
    return Exploration(
      executions: Double(result.executions), steps: Double(result.steps), seconds: Double(result.elapsed_ns) / 1e9,
      firstFailure: result.failures == 0 ? nil : Int(result.first_failure))
  }
}
