/// Looks at a tree, the compilers and the cache, builds, and tells all of it: what a user runs first, and what a bug
/// report needs. The order of what is told never changes; only lines that begin with `time:` differ between two runs.
import Foundation

package struct Doctor {
  package struct Options {
    /// Names or paths; nil is what a build takes when nothing is said.
    package var compilers: [String?]
    package var builds: Bool
    package var cache: URL
    /// Each function by its name.
    package var listsFunctions = false
    /// The commit that changes are told from; nil for the one that is checked out.
    package var base: String?
    /// Tell of each thing that was taken its lines and what wanted it.
    package var tellsItems: Bool

    package init(
      compilers: [String?] = [nil], builds: Bool = true, cache: URL = KernelBuilder.defaultCache,
      tellsItems: Bool = false
    ) {
      self.tellsItems = tellsItems
      self.compilers = compilers
      self.builds = builds
      self.cache = cache
    }
  }

  package enum Verdict: Equatable {
    case usable(String)
    /// The first reason, and what to do.
    case notSupported(String, advice: String)
    /// What stood in the way is this machine's, and says nothing of the tree.
    case unknown(String, advice: String)

    package var line: String {
      switch self {
      case .usable(let text): "OK: \(text)"
      case .notSupported(let reason, let advice): "NOT SUPPORTED: \(reason); \(advice)"
      case .unknown(let reason, let advice): "NOT KNOWN: \(reason); \(advice)"
      }
    }
  }

  private let tree: TreePath
  private let options: Options
  private let tell: (String) -> Void
  private let scratch: URL

  /// - Parameters:
  ///   - tell: gets each line without its end, as soon as it is known. All are plain text.
  ///   - show: gets which functions are used, once the tree was built.
  package static func examine(
    _ tree: TreePath, _ options: Options, tell: @escaping (String) -> Void,
    show: (SourceUse) -> Void = { _ in }
  ) -> Verdict {
    let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("stress-doctor-\(UUID().uuidString)")
    try? FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    let doctor = Doctor(tree: tree, options: options, tell: tell, scratch: scratch)
    let verdict = doctor.examine(show)
    tell("")
    tell(verdict.line)
    return verdict
  }

  private func examine(_ show: (SourceUse) -> Void) -> Verdict {
    var use: SourceUse?
    let before = TreeContent(tree.url)
    let survey = TreeSurvey(tree.url)
    TreeReport(tree: tree, survey: survey, git: GitState(tree.url, scratch: scratch), name: before.name).tell(tell)
    let compilers = CompilerReport(options.compilers, scratch: scratch)
    compilers.tell(tell)
    var problem = Self.problem(of: tree, survey) ?? compilers.problem
    tell("build")
    if !options.builds {
      tell("  not built: --no-build")
    } else if problem != nil {
      tell("  not built: it cannot succeed, see the last line")
    } else {
      for compiler in options.compilers {
        let failure = build(compiler, &use)
        problem = problem ?? failure
      }
    }
    if let use {
      UseReport(use).tell(all: options.listsFunctions, tell)
      tellChanges(use)
      show(use)
    }
    // Whatever else was seen may be of neither content.
    if let file = TreeContent(tree.url).firstDifference(from: before) { problem = Self.changed(file) }
    if let problem { return problem }
    let how = options.builds ? "it builds and loads" : "nothing that is needed is missing; it was not built"
    let roots = survey.roots == .directOnly ? "; direct roots only, no mirror page tables" : ""
    return .usable("Linux \(tree.version), \(how)\(roots)")
  }

  // MARK: Building

  /// - Returns: nil if it can be used.
  private func build(_ name: String?, _ use: inout SourceUse?) -> Verdict? {
    let clock = ContinuousClock()
    let start = clock.now
    let builder = KernelBuilder(tree: tree.url, cache: options.cache, compiler: name)
    do {
      let kernel = try builder.build()
      _ = try LoadedKernel(kernel)
      tell("  \(kernel.compiler): it builds and loads")
      tell("    entry    \(kernel.key) of the cache")
      if let note = TakenNote(beside: kernel.object) { TakenReport(note: note, isFull: options.tellsItems).tell(tell) }
      use = use ?? kernel.use
      tell(
        "time: \(Self.seconds(clock.now - start)) s, " + (kernel.isFresh ? "built" : "from the cache"))
      return nil
    } catch {
      let problem = Self.problem(error, version: tree.version)
      tell("  \(name ?? "the default compiler"): \(problem.headline)")
      for line in problem.lines { tell("    \(line)") }
      tell("time: \(Self.seconds(clock.now - start)) s, failed")
      return problem.isOfTree
        ? .notSupported(problem.headline, advice: problem.advice) : .unknown(problem.headline, advice: problem.advice)
    }
  }

  /// What differs from a commit, and is outside what a run can see.
  private func tellChanges(_ use: SourceUse) {
    guard let origin = KernelOrigin(tree.url, base: options.base, use: use) else {
      return tell("changes: not known, git has no commit '\(options.base ?? "HEAD")' here")
    }
    guard let base = origin.base else { return }
    tell("changes since \(base)")
    tell("  " + (origin.unseen.isEmpty ? "none that a run cannot see" : "these are outside what a run can see:"))
    for line in UnseenChange.lines(origin.unseen) { tell("    \(line)") }
  }

  private static func seconds(_ duration: Duration) -> String {
    let tenths = duration.components.seconds * 10 + duration.components.attoseconds / 100_000_000_000_000_000
    return "\(tenths / 10).\(tenths % 10)"
  }

  // MARK: Problems

  private static let report = "if a kernel's own build takes this tree, report it with all of the above"

  private static func changed(_ file: String) -> Verdict {
    .notSupported("\(file) was changed while it was read", advice: "run this again when nothing writes to the tree")
  }

  private static func problem(of tree: TreePath, _ survey: TreeSurvey) -> Verdict? {
    let advice = "give a tree of Linux 6.16 or later, or of 6.12"
    guard survey.has("arch/x86/kvm/mmu/tdp_mmu.c") else {
      return .notSupported("Linux \(tree.version) has no TDP MMU: no arch/x86/kvm/mmu/tdp_mmu.c", advice: advice)
    }
    let hasSept = survey.septFunctions.map { !$0.isEmpty } ?? false
    guard survey.roots == .directOnly || hasSept else {
      let reason = "Linux \(tree.version) has mirror roots, but no tdx_sept_*() in arch/x86/kvm/vmx/tdx.c"
      return .notSupported(reason, advice: advice)
    }
    guard let first = survey.missing.first else { return nil }
    let more = survey.missing.count == 1 ? "" : " (and \(survey.missing.count - 1) more)"
    return .notSupported(first + more, advice: report)
  }

  private struct Problem {
    var headline: String
    var lines: [String]
    var advice: String
    /// Another machine, or this one once mended, would say the same.
    var isOfTree = true
  }

  private static func problem(_ error: KernelBuildError, version: String) -> Problem {
    switch error {
    case .compilation(let file, let lines):
      Problem(headline: "\(file) does not compile", lines: lines, advice: "correct it, or \(report)")
    case .missing(let missing):
      Problem(headline: "\(missing)", lines: missing.line.map { [$0] } ?? [], advice: missing.advice)
    case .linking(let lines):
      Problem(headline: "the kernel does not link", lines: lines, advice: report)
    case .changedWhileBuilding(let file):
      Problem(
        headline: "\(file) was changed while it was built", lines: [],
        advice: "run this again when nothing writes to the tree")
    case .cache:
      Problem(
        headline: "\(error)", lines: [],
        advice: "set XDG_CACHE_HOME to a folder that can be written, on a disk that is not full", isOfTree: false)
    case .noCompiler, .noCompilation, .noNotes:
      Problem(headline: "\(error)", lines: [], advice: "install clang or gcc")
    case .notLoadable:
      Problem(headline: "\(error)", lines: [], advice: "run 'stress kernel clean' and try again, or report it")
    case .incompleteInstallation:
      Problem(headline: "\(error)", lines: [], advice: "then run this again", isOfTree: false)
    case .notAKernel, .unsupported, .noCommit:
      Problem(headline: "\(error)", lines: [], advice: report)
    }
  }
}
