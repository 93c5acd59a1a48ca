/// What is found out about single commits: remembered, and run where it is not known.
import Episodes
import Foundation
import KernelMMU
import Records

struct SeriesTrials: Sendable {
  /// A commit's files by name and content.
  struct Content: Sendable {
    var commit: String
    var files: [GitObjects.File]
    /// Equal for equal files.
    var key: String
    /// A file that is another than the commit's.
    private(set) var edit: (path: String, bytes: [UInt8])?
    /// What the compiler has made of it, where what runs need not be told by its files.
    var code: String?
    /// What was seen of it is remembered by that.
    var identity: String { code ?? key }

    init(commit: String, files: [GitObjects.File], key: String) {
      self.commit = commit
      self.files = files
      self.key = key
    }

    func edited(_ path: String, _ bytes: [UInt8]) -> Content {
      var content = self
      content.edit = (path, bytes)
      content.key = ContentName.of([key, path, String(decoding: bytes, as: UTF8.self)])
      return content
    }
  }

  struct Builds: Codable {
    var builds: [SeriesRecord.Build]
    /// Names of what was taken because the tree's code asked for it.
    var demands: [String]
    /// The folder in the cache of kernels of the first build.
    var kernel: String?
    /// What the first compiler has made of it: equal for kernels that do the same.
    var code: String?
    var version: String?
  }

  struct Changes: Codable {
    var seen: [String]
    var unseen: [RunRecord.Unseen]
    /// What pairs are about that the changes may show in; empty for all.
    var operations: [String]
  }

  struct Search: Codable {
    var pairs: SeriesRecord.Pairs?
    var schedules: SeriesRecord.Schedules?
    var failure: SeriesRecord.Failure?
    var code: CodeCoverage?
  }

  enum Replay: String, Codable { case fails, fixed, unknown }

  /// What stands in the way of the harness, in a sentence.
  struct Fault: Error {
    var text: String
    /// The repository lacks something.
    var isOfRepository = false
  }

  let configuration: SeriesConfiguration
  let memory: SeriesMemory
  let launcher: any SeriesLauncher
  let compilers: [KernelBuilder.FoundCompiler]
  let isStopped: @Sendable () -> Bool
  /// Called with what is about to be run.
  let tell: @Sendable (String) -> Void

  private var objects: GitObjects { configuration.objects }
  /// Another thing is remembered where what runs is counted.
  private var coverageWords: [String] { configuration.coverage ? ["--coverage"] : [] }
  private var compilerWords: [String] { compilers.flatMap { [$0.name, $0.version] } }

  func content(_ commit: String) throws(Fault) -> Content {
    do {
      let files = try objects.used(in: commit)
      return Content(commit: commit, files: files, key: GitObjects.key(of: files))
    } catch {
      throw Fault(text: "\(error)", isOfRepository: true)
    }
  }

  /// Nil where it was asked to end.
  private func remembered<Value: Codable>(
    _ kind: String, _ words: [String], _ phase: String, _ find: () throws(Fault) -> Value?
  ) throws(Fault) -> Value? {
    if let known = memory.read(Value.self, kind, words) { return known }
    guard !isStopped() else { return nil }
    tell(phase)
    guard let value = try find() else { return nil }
    memory.write(value, kind, words)
    return value
  }

  // MARK: Building

  /// The files in a folder of their own.
  private func tree(_ content: Content) throws(Fault) -> URL {
    let folder = configuration.scratch.appendingPathComponent("trees/\(content.key)", isDirectory: true)
    if FileManager.default.fileExists(atPath: folder.path) { return folder }
    do throws(Fault) { try write(content, to: folder) } catch {
      // Half a tree is none.
      try? FileManager.default.removeItem(at: folder)
      throw error
    }
    return folder
  }

  private func write(_ content: Content, to folder: URL) throws(Fault) {
    do throws(GitObjects.Failure) { try objects.write(content.files, to: folder) } catch {
      throw Fault(text: "\(error)", isOfRepository: !error.isOfDisk)
    }
    guard let edit = content.edit else { return }
    let file = folder.appendingPathComponent(edit.path)
    do throws(AtomicFile.Failure) { try AtomicFile.replace(file.path, edit.bytes) } catch {
      throw Fault(text: "\(file.path) cannot be written: \(error.reason)")
    }
  }

  /// Removes what is not wanted again: what was found out stays known.
  func forget(_ content: Content, _ builds: Builds) {
    try? FileManager.default.removeItem(at: configuration.scratch.appendingPathComponent("trees/\(content.key)"))
    guard let key = builds.kernel, !key.isEmpty else { return }
    try? FileManager.default.removeItem(at: KernelBuilder.defaultCache.appendingPathComponent(key))
  }

  func builds(_ content: Content) throws(Fault) -> Builds? {
    try remembered("build", [content.key] + compilerWords, "building") { () throws(Fault) in
      let tree = try tree(content)
      var result = Builds(builds: [], demands: [])
      guard !compilers.isEmpty else { throw Fault(text: "no C compiler found; install clang or gcc, or set CC") }
      for compiler in compilers {
        guard !isStopped() else { return nil }
        do throws(KernelBuildError) {
          let kernel = try KernelBuilder(tree: tree, compiler: compiler.name).build()
          let taken = TakenNote(beside: kernel.object)?.taken.filter { !$0.isByName }.map(\.name) ?? []
          result.demands = Set(result.demands + taken).sorted()
          if result.kernel == nil { result.code = kernel.code }
          result.kernel = result.kernel ?? kernel.key
          result.version = kernel.version
          result.builds.append(.init(compiler: compiler.version, failure: nil))
        } catch {
          switch error {
          case .cache, .incompleteInstallation, .noCompiler, .noCompilation, .noNotes: throw Fault(text: "\(error)")
          default: result.builds.append(.init(compiler: compiler.version, failure: Self.oneLine(error)))
          }
        }
      }
      return result
    }
  }

  /// What it is, and the first that the compiler says.
  private static func oneLine(_ error: KernelBuildError) -> String {
    let lines = "\(error)".split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    let detail =
      lines.dropFirst().first { $0.contains("error:") || $0.contains("undefined") } ?? lines.dropFirst().first
    guard let detail else {
      // What is to be done about it is for who has one tree.
      let line = lines.first ?? ""
      return line.components(separatedBy: ", which nothing").first ?? line
    }
    return detail.replacing(" error:", with: "")
  }

  // MARK: What has changed

  func changes(from parent: String, to content: Content, _ builds: Builds) throws(Fault) -> Changes? {
    let words = [parent, content.commit, content.key] + compilerWords
    return try remembered("changes", words, "comparing") { () throws(Fault) in
      guard let use = try use(content, builds) else { return Changes(seen: [], unseen: [], operations: []) }
      var changes = TreeChanges(use)
      let blobs: [String: [UInt8]]
      do {
        for change in try objects.changes(from: parent, to: content.commit) {
          changes.add(change.path, old: change.old, new: change.new)
        }
        let paths = Set(use.files.map(\.path))
        let files = content.files.filter { paths.contains($0.path) }
        let contents = try objects.contents(files.map(\.blob))
        blobs = Dictionary(files.compactMap { file in contents[file.blob].map { (file.path, $0) } }) { $1 }
      } catch {
        throw Fault(text: "\(error)", isOfRepository: true)
      }
      let graph = CallGraph(use) { blobs[$0] }
      return Changes(
        seen: changes.seen, unseen: changes.unseen.map { .init(name: $0.name, file: $0.file, reason: $0.reason) },
        operations: SeriesReach.operations(changes.seen, graph))
    }
  }

  /// Lines that a commit has changed; nil where it was asked to end.
  func lines(from parent: String, to content: Content) throws(Fault) -> [SeriesLines.Changed]? {
    try remembered("lines", [parent, content.commit], "comparing") { () throws(Fault) in
      try changedFiles(from: parent, to: content).flatMap {
        SeriesLines.changed($0.path, old: $0.old, new: $0.new)
      }
    }
  }

  /// Those that have to do with the mirror page tables.
  func changedFiles(
    from parent: String, to content: Content
  ) throws(Fault) -> [(path: String, old: [UInt8]?, new: [UInt8]?)] {
    do { return try objects.changes(from: parent, to: content.commit) } catch {
      throw Fault(text: "\(error)", isOfRepository: true)
    }
  }

  /// Beside the kernel in the cache; built again where somebody has emptied that.
  func use(_ content: Content, _ builds: Builds) throws(Fault) -> SourceUse? {
    if let key = builds.kernel, let use = SourceUse(in: KernelBuilder.defaultCache.appendingPathComponent(key)) {
      return use
    }
    let tree = try tree(content)
    return (try? KernelBuilder(tree: tree, compiler: compilers.first?.name).build())?.use
  }

  // MARK: Running

  /// A record of one command, whichever engine it is of.
  private struct Head: Decodable { var engine: Engine }

  private func record(_ arguments: [String], _ content: Content, _ name: String) throws(Fault) -> Data? {
    let tree = try tree(content)
    let file = configuration.scratch.appendingPathComponent("\(name).json")
    try? FileManager.default.removeItem(at: file)
    let all =
      arguments + coverageWords + [
        "--kernel-tree", tree.path, "--jobs", "\(configuration.jobs)", "--quiet", "--json", file.path,
      ]
    guard let compiler = compilers.first,
      let end = launcher.run(all, compiler: compiler.name, in: configuration.scratch)
    else {
      // Who was asked to end starts nothing.
      if isStopped() { return nil }
      throw Fault(text: "stress \(arguments.first ?? "") cannot be started")
    }
    if isStopped() { return nil }
    guard end.status == 0 || end.status == 1, let data = try? Data(contentsOf: file) else {
      throw Fault(text: "stress \(arguments.first ?? ""): \(end.complaint)")
    }
    return data
  }

  /// - Parameter operations: of which one takes part in each pair; empty for all pairs.
  func pairs(_ content: Content, _ operations: [String], executions: UInt64) throws(Fault) -> Search? {
    let table = configuration.table.map { ["--table", $0] } ?? []
    let words = [content.identity, "\(executions)"] + table + operations + compilerWords + coverageWords
    let phase = operations.isEmpty ? "all pairs" : "pairs with \(operations.count) operations"
    return try remembered("pairs", words, phase) { () throws(Fault) in
      let which = operations.isEmpty ? [] : ["--with", operations.joined(separator: ",")]
      let arguments = ["exhaust", "--executions", "\(executions)", "--seconds", "\(Self.mostSeconds)"] + which + table
      guard let data = try record(arguments, content, "pairs") else { return nil }
      if let record = try? JSONDecoder().decode(ExhaustRecord.self, from: data) {
        return record.interrupted ? nil : try search(record, operations)
      }
      return try search(of: data, "exhaust")
    }
  }

  /// A search ends by itself: this is for a machine that does something else meanwhile.
  private static let mostSeconds = 1_800

  private func search(_ record: ExhaustRecord, _ operations: [String]) throws(Fault) -> Search {
    if let fault = record.harnessFaults.first { throw Fault(text: fault) }
    var search = Search(code: record.code)
    search.pairs = SeriesRecord.Pairs(
      operations: operations, items: record.items.count,
      complete: record.items.count { $0.end == ExhaustRecord.complete },
      states: record.items.reduce(0) { $0 + $1.states }, executions: record.items.reduce(0) { $0 + $1.executions })
    search.failure = record.violation.map { found in
      SeriesRecord.Failure(
        checker: found.checker, rule: found.rule, place: "\(found.operations), \(found.table)", engine: "exhaust",
        expected: found.expected, seen: found.seen, foundAt: 0, token: found.token, verified: found.verified,
        replays: found.replays, interleaving: found.interleaving?.condensed())
    }
    return search
  }

  func schedules(_ content: Content) throws(Fault) -> Search? {
    let how = configuration.minimizes ? [] : ["--no-minimize"]
    let words =
      [content.identity, "\(configuration.seed)", "\(configuration.schedules)"] + how + compilerWords + coverageWords
    return try remembered("schedules", words, "schedules") { () throws(Fault) in
      let arguments =
        ["explore", "--seed", SeedText.format(configuration.seed), "--schedules", "\(configuration.schedules)"] + how
      guard let data = try record(arguments, content, "schedules") else { return nil }
      return try search(of: data, "explore")
    }
  }

  /// Of a run's record; that of a process that died is one, whatever it was to do.
  private func search(of data: Data, _ engine: String) throws(Fault) -> Search? {
    guard let record = try? JSONDecoder().decode(RunRecord.self, from: data) else {
      throw Fault(text: "stress \(engine) has left no record that can be read")
    }
    if let fault = record.harnessFaults.first { throw Fault(text: fault) }
    guard !record.interrupted else { return nil }
    var search = Search(code: record.code)
    search.schedules = record.exploration.map { .init(schedules: $0.schedules, distinct: $0.distinctSchedules) }
    search.failure = record.violations.first.map { found in
      let repeated = found.reproduction
      return SeriesRecord.Failure(
        checker: found.checker, rule: found.rule,
        place: repeated.map { "\($0.scenario), schedule \($0.schedule)" } ?? found.operation, engine: engine,
        expected: found.expected, seen: found.seen, foundAt: 0, token: repeated?.token ?? "",
        verified: repeated?.verified ?? 0, replays: repeated?.replays ?? 0,
        interleaving: repeated?.interleaving?.condensed())
    }
    return search
  }

  /// What becomes of a failure of another commit.
  func replay(_ token: String, _ content: Content) throws(Fault) -> Replay? {
    try remembered("replay", [content.key, token] + compilerWords, "replaying") { () throws(Fault) in
      let tree = try tree(content)
      let folder = configuration.scratch.appendingPathComponent("tokens", isDirectory: true)
      let file = folder.appendingPathComponent("token.txt")
      do throws(AtomicFile.Failure) {
        try AtomicFile.createDirectory(folder.path)
        try AtomicFile.replace(file.path, Array("\(token)\n".utf8))
      } catch {
        throw Fault(text: "\(folder.path) cannot be written: \(error.reason)")
      }
      guard let compiler = compilers.first,
        let end = launcher.run(
          ["regress", folder.path, "--kernel-tree", tree.path], compiler: compiler.name, in: configuration.scratch)
      else {
        if isStopped() { return nil }
        throw Fault(text: "stress regress cannot be started")
      }
      if isStopped() { return nil }
      guard let line = end.output.split(separator: "\n").first(where: { $0.hasPrefix("token.txt ") }) else {
        throw Fault(text: "stress regress: \(end.complaint)")
      }
      let said = line.dropFirst("token.txt".count).drop { $0 == " " }
      return said.hasPrefix("fixed") ? .fixed : said.hasPrefix("still fails") ? .fails : .unknown
    }
  }
}
