/// `stress trace`: one execution of an episode, whether or not it breaks a rule, step by step.
import Episodes
import Executions
import KernelMMU
import Machine
import Records
import Scheduling

package enum EpisodeExecution {
  /// Replays of a token before it is told.
  private static let replays = 3

  package struct Result {
    package var record: RunRecord
    /// What was run, with its schedule written out.
    package var text: EpisodeText
  }

  /// - Parameter kernel: what it is run on, in place of the model.
  package static func run(
    _ text: EpisodeText, kernel: KernelSubject? = nil
  ) throws(EpisodeTextError) -> Result {
    var text = text
    if let kernel {
      text.kernelTree = kernel.treeHash
      text.plainAccesses = kernel.plainAccesses
    }
    try check(text, kernel)
    text.plan = .schedule(schedule(text, kernel))
    guard let promise = text.promise else { return unpromised(text, kernel) }
    let token = text.token ?? text.token(Schedule(), promise)
    return Result(record: TokenReplay.run(token, kernel: kernel, traces: true), text: text)
  }

  // MARK: What cannot be run

  private static func check(_ text: EpisodeText, _ kernel: KernelSubject?) throws(EpisodeTextError) {
    if let mutant = text.mutant, let name = text.protocolName, !mutant.applies(to: name) {
      throw EpisodeTextError(
        line: nil, "mutant \(mutant.rawValue) breaks a step of mainline, which \(name.rawValue) does not have")
    }
    guard text.kernelTree != nil else { return }
    guard text.episode.subject == .model, text.episode.policy == .fourK else {
      throw EpisodeTextError(line: nil, "a kernel has 'policy 4k' and no 'subject micro'")
    }
    if let objection = kernel?.objection(to: text.episode) { throw EpisodeTextError(line: nil, objection) }
    let asked = text.episode.populated + text.episode.threads.joined()
    let adapted = text.episode.forKernel()
    let offered = adapted.populated + adapted.threads.joined()
    guard let (request, other) = zip(asked, offered).first(where: { $0 != $1 }) else { return }
    throw EpisodeTextError(
      line: nil,
      "a kernel cannot be asked for '\(request.operation.name)' of gfn \(request.range.lowerBound.hex): "
        + "its callers rule that out; take '\(other.operation.name)'")
  }

  // MARK: The schedule

  private static func schedule(_ text: EpisodeText, _ kernel: KernelSubject?) -> Schedule {
    switch text.plan {
    case .schedule(let schedule): return schedule
    case .turns(let turns, let answers):
      let steps = turns.map { (thread: $0.thread, steps: $0.steps ?? .max) }
      return written(text, kernel, Turns(steps, answers: answers))
    case .seed(let seed, let name):
      guard let replayer = replayer(text, kernel), replayer.world.prepare(text.episode) else { return Schedule() }
      // The first execution shows how long one is.
      _ = replayer.replay(Schedule(), isStrict: false)
      let sampler = Sampler(replayer.world)
      sampler.begin(replayer.world.length)
      _ = sampler.execute(name, 0, SplitMix64(seed: seed, .schedule, index: 0))
      return replayer.record().schedule
    }
  }

  private static func written(_ text: EpisodeText, _ kernel: KernelSubject?, _ turns: Turns) -> Schedule {
    guard let replayer = replayer(text, kernel), replayer.world.prepare(text.episode) else {
      turns.deallocate()
      return Schedule()
    }
    replayer.world.execute(turns) { _ in }
    return replayer.record().schedule
  }

  private static func replayer(_ text: EpisodeText, _ kernel: KernelSubject?) -> Replayer? {
    Replayer(
      tasks: text.episode.threads.count,
      subject: Subject(text.protocolName ?? .mainline, text.mutant, kernel), policy: text.episode.policy)
  }

  // MARK: What nobody has promised

  /// What breaks a rule gets its token, once that was seen to break it again.
  private static func unpromised(_ text: EpisodeText, _ kernel: KernelSubject?) -> Result {
    guard case .schedule(let schedule) = text.plan else { preconditionFailure("it was written out") }
    let carrier = text.token(schedule, .init(checker: .frz1, eventHash: 0))
    var record = TokenReplay.run(carrier, kernel: kernel, traces: true, isPromise: false)
    var text = text
    guard let violation = record.violations.first, let hash = record.replay?.eventHash,
      let checker = CheckerID.allCases.first(where: { $0.name == violation.checker }),
      let eventHash = try? SeedText.parse(hash)
    else { return Result(record: record, text: text) }
    let token = text.token(schedule, .init(checker: checker, eventHash: eventHash))
    let isRepeated = (0..<replays).allSatisfy { _ in
      let again = TokenReplay.run(token, kernel: kernel)
      return again.violations.first?.checker == violation.checker && again.replay?.eventHash == hash
    }
    record.violations[0].command = isRepeated ? RerunCommand.replay(token, kernel) : ""
    guard isRepeated else { return Result(record: record, text: text) }
    record.replay?.token = token.text
    text.promise = .init(checker: checker, eventHash: eventHash)
    return Result(record: record, text: text)
  }
}
