/// What the article "Using the library" quotes, compiled: each piece between a `quote` line and the next. It uses the
/// public interface alone, as a program of somebody else has to.
import Campaign
import Foundation
import KernelMMU
import MirrorMMU

func explored() -> RunRecord {
  // quote
  var configuration = ExploreConfiguration(length: .schedules(20_000), seed: 7, mutant: Mutant(rawValue: "lost-zap"))
  configuration.jobs = 2
  let record = Explore(configuration: configuration).run()
  // quote end
  return record
}

func found(_ record: RunRecord) throws -> (line: String, token: Token)? {
  // quote
  guard record.verdict == .violation, let violation = record.violations.first,
    let reproduction = violation.reproduction
  else { return nil }
  let line = "\(violation.checker) at schedule \(reproduction.schedule): \(violation.seen)"
  let token = try Token(parsing: reproduction.token)
  // quote end
  return (line, token)
}

func written(_ record: RunRecord, to file: URL) throws -> RunRecord {
  // quote
  try JSONEncoder().encode(record).write(to: file)
  let same = try JSONDecoder().decode(RunRecord.self, from: Data(contentsOf: file))
  // quote end
  return same
}

func replayed(_ token: Token, keptIn folder: String) throws -> Bool {
  // quote
  let again = TokenReplay.run(token)
  let isTheSame = again.replay?.eventHash == SeedText.format(token.eventHash)

  let archive = FailureArchive(directory: folder)
  try archive.store(token, comments: ["found by the nightly run"])
  let results = try archive.list().map { TokenRegress.check(try FailureArchive.read($0.path)) }
  // quote end
  return isTheSame && results == [.fails("MAP-1")]
}

func exploredKernel(at path: String) throws -> RunRecord {
  // quote
  var configuration = ExploreConfiguration(length: .seconds(60), seed: 7)
  configuration.kernel = try KernelSubject.open(path)
  let record = Explore(configuration: configuration).run()
  // quote end
  return record
}
