import ArgumentParser
import Campaign
import Foundation
import KernelMMU

/// `stress kernel`: a user's own kernel tree, and what is built from it.
struct KernelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernel",
    abstract: "Tell whether your own kernel tree can be used, break it, and manage what was built from it.",
    subcommands: [KernelDoctorCommand.self, MutateCommand.self, KernelListCommand.self, KernelCleanCommand.self])

  func run() throws { throw ValidationError("kernel what? allowed: doctor, mutate, list, clean") }
}

/// `stress kernel doctor`: what is run first, and pasted into a bug report.
struct KernelDoctorCommand: ParsableCommand {
  enum CompilerName: String, CaseIterable {
    case clang, gcc, both
  }

  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Tell what a kernel tree has of what is needed, and whether it builds.",
    discussion: """
      Prints the tree's version and commit, the compilers, every file that is needed, builds it into a cache, and \
      tells what was taken from where, by name or on demand, which headers were left empty and what the tool answers \
      itself. Nothing is written into the tree. The last line begins with 'OK:', with 'NOT SUPPORTED:', or with 'NOT \
      KNOWN:' where this machine is in the way, the first reason and what to do. Two runs over one tree print the \
      same, but for lines that begin with 'time:'.

      EXAMPLES:
        stress kernel doctor ~/src/linux
        stress kernel doctor ~/src/linux --compiler both
        stress kernel doctor ~/src/linux --items
        stress kernel doctor ~/src/linux --no-build
        stress kernel doctor ~/src/linux --functions
        stress kernel doctor ~/src/linux --base v7.3

      EXIT CODES:
        0    the tree can be used
        64   bad usage, or no kernel tree at all
        70   the report could not be written, or the cache cannot be used
        125  the tree is not supported, or does not build
      """)

  @Argument(
    help: .init("The top folder of a kernel: a checkout or an unpacked tarball.", valueName: "path"),
    completion: .directory)
  var path: String

  @Option(
    parsing: .unconditional,
    help: .init(
      "One of clang, gcc, both. (default: $CC, or else the first of clang, gcc and cc that is there)",
      valueName: "name"),
    completion: NameArgument.completion(CompilerName.self),
    transform: { try NameArgument.parse($0) as CompilerName })
  var compiler: CompilerName?

  @Flag(
    help: "List each function of the files that are used: compiled, never called, answered by the harness, left out.")
  var functions = false

  @Option(
    parsing: .unconditional,
    help: .init(
      "Write those functions as JSON to FILE; '-' is standard output, what is printed then goes to standard error.",
      valueName: "file"), completion: .file(extensions: ["json"]))
  var json: String?

  @Option(
    parsing: .unconditional,
    help: .init(
      "The commit from which changes are told that a run cannot see. (default: the one that is checked out)",
      valueName: "commit"))
  var base: String?

  @Flag(name: .customLong("no-build"), help: "Leave out the build; nothing is written to the cache.")
  var noBuild = false

  @Flag(help: "Tell of each thing that was taken its kind, its lines and what wanted it.")
  var items = false

  func run() throws {
    let tree: TreePath
    do { tree = try TreePath(path) } catch { throw ValidationError("\(error)") }
    let compilers: [String?] =
      switch compiler {
      case nil: [nil]
      case .both: ["clang", "gcc"]
      case .some(let name): [name.rawValue]
      }
    if noBuild && (functions || json != nil) {
      throw ValidationError("--functions and --json tell of a build, which --no-build leaves out")
    }
    if let base, KernelOrigin(tree.url, base: base, use: nil) == nil {
      throw ValidationError("--base: git knows no commit '\(base)' in \(path)")
    }
    let file = try json.map { try OutputFile(path: $0, option: "--json") }
    let output = KernelOutput(json == "-" ? StandardStreams.error : StandardStreams.output)
    output.tell("\(ToolBuild.current.text), kernel doctor")
    var options = Doctor.Options(compilers: compilers, builds: !noBuild, tellsItems: items)
    options.listsFunctions = functions
    options.base = base
    var use: SourceUse?
    let verdict = Doctor.examine(tree, options, tell: output.tell) { use = $0 }
    try output.check()
    if let file, let use {
      do {
        try file.write(Array(use.json()))
      } catch {
        StandardStreams.error.tell("the functions were not written: \(error)")
        throw ExitCode(ExitStatus.harnessFault)
      }
    }
    switch verdict {
    case .usable: break
    case .notSupported: throw ExitCode(ExitStatus.notSupported)
    case .unknown: throw ExitCode(ExitStatus.harnessFault)
    }
  }
}

/// `stress kernel list`: what is in the cache.
struct KernelListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the kernels in the cache with their versions, sizes and compilers.",
    discussion: """
      EXAMPLES:
        stress kernel list

      EXIT CODES:
        0    always, but for
        64   bad usage
        70   a cache that cannot be read, or a list that could not be written
      """)

  func run() throws {
    let cache = KernelCache()
    let contents = try KernelOutput.orFault { () throws(KernelCacheError) in try cache.contents() }
    let output = KernelOutput()
    let width = contents.kernels.map { ($0.version ?? "?").count }.max() ?? 0
    for kernel in contents.kernels {
      let version = (kernel.version ?? "?").padding(toLength: width, withPad: " ", startingAt: 0)
      let plain = kernel.plainAccesses ? ", plain accesses" : ""
      output.tell(
        "\(kernel.key)  \(version)  \(KernelOutput.size(kernel.bytes))  \(kernel.compiler ?? "an unknown compiler")"
          + plain + (kernel.tree.map { ", tree \($0)" } ?? ""))
    }
    for name in contents.builds { output.tell("\(name)  is being built") }
    for name in contents.remains { output.tell("\(name)  left by a build that was killed; the next one removes it") }
    for name in contents.others { output.tell("\(name)  not from this tool") }
    let sum = contents.kernels.reduce(0) { $0 + $1.bytes }
    output.tell("\(contents.kernels.count) built, \(KernelOutput.size(sum)), in \(cache.root.path)")
    try output.check()
  }
}

/// `stress kernel clean`: empties the cache.
struct KernelCleanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clean",
    abstract: "Remove all kernels from the cache, without a question.",
    discussion: """
      Removes what the tool built and what killed builds left. Builds that go on, files that are not the tool's, the \
      kernel trees themselves and whatever a link leads to are left alone.

      EXAMPLES:
        stress kernel clean

      EXIT CODES:
        0    all is removed
        64   bad usage
        70   a cache that is not the tool's own folder, or that cannot be written
      """)

  func run() throws {
    let cache = KernelCache()
    let contents = try KernelOutput.orFault { () throws(KernelCacheError) in try cache.clean() }
    let output = KernelOutput()
    for name in contents.builds { output.tell("left alone: \(name), which is being built") }
    for name in contents.others { output.tell("left alone: \(name), which is not from this tool") }
    let sum = contents.kernels.reduce(0) { $0 + $1.bytes }
    output.tell("\(contents.kernels.count) removed, \(KernelOutput.size(sum)), from \(cache.root.path)")
    try output.check()
  }
}

/// Plain lines on standard output, and whether they were written.
private final class KernelOutput {
  private var failure: Int32?
  private let stream: StandardStreams

  init(_ stream: StandardStreams = .output) { self.stream = stream }

  func tell(_ line: String) {
    // A path or a compiler's message may have anything in it.
    let plain = String(
      String.UnicodeScalarView(
        line.unicodeScalars.map { $0.properties.generalCategory == .control && $0 != "\t" ? "?" : $0 }))
    failure = failure ?? stream.write(plain + "\n")
  }

  /// A reader that closed the pipe has what it wanted.
  func check() throws {
    if let failure, failure != EPIPE { throw ExitCode(ExitStatus.harnessFault) }
  }

  static func orFault<Value>(_ body: () throws(KernelCacheError) -> Value) throws -> Value {
    do {
      return try body()
    } catch {
      StandardStreams.error.tell("\(error)")
      throw ExitCode(ExitStatus.harnessFault)
    }
  }

  static func size(_ bytes: UInt64) -> String {
    let tenths = (bytes * 10 + 524_288) / 1_048_576
    return "\(tenths / 10).\(tenths % 10) MiB"
  }
}
