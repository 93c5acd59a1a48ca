/// The commit that is broken, as it is: its mutants, what is run of each, and which of its lines ran.
import Foundation
import KernelMMU
import Records

struct MutationPlan: Sendable {
  private let commit: SeriesTrials.Content
  private var files: [String: [UInt8]] = [:]
  private(set) var mutants: [SourceMutant] = []
  /// Of which one takes part in each pair that a mutant may show in; empty for all.
  let operations: [String]
  /// What the compiler has made of it.
  let code: String?
  /// By file and line, how often it ran.
  private var counts: [String: [Int: UInt64]] = [:]

  /// Builds the commit and finds its mutants, which the record then has.
  /// - Returns: nil where there are none, or it was asked to end; the record says why.
  init?(
    _ trials: SeriesTrials, _ configuration: MutationConfiguration, _ record: inout MutationRecord
  ) throws(SeriesTrials.Fault) {
    let (commit, parent) = (configuration.commit.id, configuration.series.base.id)
    self.commit = try trials.content(commit)
    guard let builds = try trials.builds(self.commit) else { return nil }
    record.version = builds.version
    code = builds.code
    if let failure = builds.builds.first?.failure {
      record.verdict = .broken
      record.reason = failure
      return nil
    }
    guard let changes = try trials.changes(from: parent, to: self.commit, builds) else { return nil }
    operations = changes.operations
    record.operations = operations
    record.unseen = changes.unseen
    let used = try trials.use(self.commit, builds)
    let changed = try trials.changedFiles(from: parent, to: self.commit)
    var functions: Set<String> = []
    for change in changed {
      guard let new = change.new else { continue }
      var lines = Set(SeriesLines.changed(change.path, old: change.old, new: new).map(\.line))
      record.changedLines += lines.count
      guard let file = used?.file(change.path) else { continue }
      let items = file.functions.filter { $0.state == .used }
      for part in items.flatMap(\.leftOut) where part.count == 2 { lines.subtract(part[0]...max(part[0], part[1])) }
      let starts = Set(items.map(\.line))
      let found = SourceMutants.of(change.path, new, lines: lines) { starts.contains($0) }
      functions.formUnion(found.map(\.function))
      files[change.path] = new
      mutants += found.filter { configuration.functions.isEmpty || configuration.functions.contains($0.function) }
    }
    record.mutants = Self.rows(mutants)
    guard mutants.isEmpty else { return }
    record.verdict = .nothingTried
    record.reason = Self.why(record, functions, configuration.functions)
    return nil
  }

  private static func why(_ record: MutationRecord, _ functions: Set<String>, _ wanted: [String]) -> String {
    if !functions.isEmpty {
      let names = functions.sorted().map { "\($0)()" }.joined(separator: ", ")
      return "it changes no line that could be broken in \(wanted.joined(separator: ", ")), but in \(names)"
    }
    if record.changedLines == 0 { return "it adds and changes no line of C that has to do with the TDP MMU" }
    let count = record.changedLines == 1 ? "1 line" : "\(record.changedLines) lines"
    return "it adds or changes \(count), and no statement of a function that is run"
  }

  /// The second of a name is told by its number.
  private static func rows(_ mutants: [SourceMutant]) -> [MutationRecord.Mutant] {
    var names: [String: Int] = [:]
    return mutants.map { mutant in
      let file = mutant.file.split(separator: "/").last ?? ""
      let name = "\(file):\(mutant.lines.lowerBound) \(mutant.change.rawValue)"
      let count = names[name, default: 0] + 1
      names[name] = count
      return .init(
        name: name + (count > 1 ? " (\(count))" : ""), file: mutant.file, line: mutant.lines.lowerBound,
        function: mutant.function, change: mutant.change.rawValue, before: mutant.before, after: mutant.after)
    }
  }

  /// Runs the commit itself, as each mutant is run.
  /// - Returns: false where it breaks a rule, or was asked to end; the record says so.
  mutating func runCommit(
    _ trials: SeriesTrials, _ record: inout MutationRecord
  ) throws(SeriesTrials.Fault) -> Bool {
    var search = SeriesTrials.Search()
    guard try trials.search(commit, operations, into: &search) else { return false }
    if let failure = search.failure {
      record.verdict = .broken
      record.failure = failure
      return false
    }
    for file in search.code?.files ?? [] {
      counts[file.path] = Dictionary(file.lines.map { ($0.number, $0.count) }) { $1 }
    }
    return true
  }

  /// The commit's files with one mutant among them.
  func content(_ number: Int) -> SeriesTrials.Content {
    let mutant = mutants[number]
    return commit.edited(mutant.file, mutant.applied(to: files[mutant.file] ?? []))
  }

  /// No run of the commit has come to any of its lines. Where nothing is known of them, one may have.
  func neverRan(_ number: Int) -> Bool {
    let mutant = mutants[number]
    let known = mutant.lines.compactMap { counts[mutant.file]?[$0] }
    return !known.isEmpty && known.allSatisfy { $0 == 0 }
  }
}
