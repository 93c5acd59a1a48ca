/// The compiler's part of a build: one object a source file, then one shared object of them.
import Foundation
import Synchronization

struct KernelCompilation {
  let stage: KernelStage
  let resources: KernelResources
  let compiler: Compiler
  let version: KernelVersion
  let plainAccesses: Bool
  let coverage: Bool
  let extraction: KernelExtraction.Result
  /// What is known of single files, if that may be used, and what this build adds to it.
  let known: UnitCache?
  let made: UnitResults
  private let inputs: UnitInputs
  private let includeNames: [String]
  private static let stageName = "@stage@"
  private static let toolName = "@tool@"

  init(
    stage: KernelStage, resources: KernelResources, compiler: Compiler, version: KernelVersion, plainAccesses: Bool,
    coverage: Bool = false, extraction: KernelExtraction.Result, known: UnitCache?, made: UnitResults
  ) {
    self.stage = stage
    self.resources = resources
    self.compiler = compiler
    self.version = version
    self.plainAccesses = plainAccesses
    self.coverage = coverage
    self.extraction = extraction
    self.known = known
    self.made = made
    let places = [
      UnitInputs.Place(path: stage.root.path, name: Self.stageName),
      UnitInputs.Place(path: resources.root.path, name: Self.toolName),
    ]
    inputs = UnitInputs(places: places, folders: extraction.includes + [Self.quoted(stage.root.path)])
    includeNames = extraction.includes.map(inputs.named)
  }

  struct Unit {
    /// As messages name it.
    var name: String
    var source: String
    var object: String
    /// Made of the kernel's text, whole or extracted.
    var isKernel: Bool
  }

  /// Glue that includes extracted functions.
  private static let extracted: Set<String> = ["glue/mmu.c", "glue/tdx.c", "glue/x86.c"]

  /// - Returns: what the linker says, if it misses something.
  func run(into entry: URL) throws(KernelBuildError) -> String? {
    let units = units()
    let failures = Mutex<[Int: KernelBuildError]>([:])
    if let code = CacheFile.makeFolder(entry) { throw .unwritable(stage.root.deletingLastPathComponent(), code) }
    DispatchQueue.concurrentPerform(iterations: units.count) { index in
      if let failure = compile(units[index], index) { failures.withLock { $0[index] = failure } }
    }
    // The first in the order of the units, whichever compiler process was first.
    if let first = failures.withLock({ $0.min { $0.key < $1.key }?.value }) { throw first }
    return try link(units, into: entry)
  }

  func units() -> [Unit] {
    let tree = stage.root.appendingPathComponent("compiled").path
    let kernel = KernelStage.sources.map {
      Unit(name: $0, source: "\(tree)/\($0)", object: objectName($0), isKernel: true)
    }
    let glue = resources.files().filter { $0.hasPrefix("glue/") && $0.hasSuffix(".c") }
      .map { name in
        let source = resources.root.appendingPathComponent(name).path
        return Unit(
          name: name, source: source, object: objectName(name), isKernel: Self.extracted.contains(name))
      }
    let taken = extraction.units.map { path in
      Unit(
        name: path, source: stage.root.appendingPathComponent("generated/units/\(Demand.name(of: path))").path,
        object: objectName(path), isKernel: true)
    }
    return kernel + taken + glue
  }

  private func objectName(_ name: String) -> String { name.replacing("/", with: "-") + ".o" }

  private func compile(_ unit: Unit, _ index: Int) -> KernelBuildError? {
    var arguments = unit.isKernel ? compiler.kernelFlags(plainAccesses: plainAccesses, coverage: coverage) : []
    if coverage { arguments += Compiler.coverageFlags }
    arguments += ["-c", "-o", unit.object]
    let object = stage.root.appendingPathComponent(unit.object)
    let notes = coverage && unit.isKernel ? stage.root.appendingPathComponent(CoverageNotes.fileName(unit)) : nil
    let key = key(unit, arguments)
    if let bytes = key.flatMap({ known?.read($0, .object) }),
      let noted = notes == nil ? [] : key.flatMap({ known?.read($0, .notes) })
    {
      if let code = CacheFile.write(bytes, to: object) ?? notes.flatMap({ CacheFile.write(noted, to: $0) }) {
        return .unwritable(stage.root.deletingLastPathComponent(), code)
      }
      return nil
    }
    guard let result = start(unit, index, arguments) else { return .noCompiler(tried: [compiler.path]) }
    guard result.status == 0 else { return failure(unit, result.output) }
    guard FileManager.default.fileExists(atPath: object.path) else {
      return .noCompilation(compiler: compiler.path, file: unit.name)
    }
    if let key {
      // Now: where the linker misses something, the unit's next object comes to stand in the same place.
      let bytes = KernelStage.contents(object)
      made.add(key, .object) { bytes }
      if let noted = notes.map({ KernelStage.contents($0) }) { made.add(key, .notes) { noted } }
    }
    return nil
  }

  /// Of all that decides what the compiler makes of a unit; nil if nothing is to be remembered.
  func key(_ unit: Unit, _ more: [String]) -> String? {
    guard known != nil else { return nil }
    let roots = ["\(resources.root.path)/shim/stress.h", unit.source]
    let told = Self.arguments(stage: Self.stageName, tool: Self.toolName, version: version) + more
    return inputs.key(roots: roots, words: [compiler.path, compiler.version, unit.name] + told + includeNames)
  }

  /// - Returns: what the compiler says of a file that it does not take, nil if it does.
  func check(_ unit: Unit, _ index: Int) -> String? {
    let arguments = ["-fsyntax-only"] + compiler.checkFlags
    let key = key(unit, arguments)
    if let bytes = key.flatMap({ known?.read($0, .checked) }) {
      return bytes.isEmpty ? nil : inputs.placed(String(decoding: bytes, as: UTF8.self))
    }
    guard let result = start(unit, index, arguments) else { return "error: \(compiler.path) does not start" }
    let output = result.status == 0 ? nil : result.output
    if let key, output != "" {
      let text = inputs.named(output ?? "")
      made.add(key, .checked) { Array(text.utf8) }
    }
    return output
  }

  private func start(_ unit: Unit, _ index: Int, _ more: [String]) -> Subprocess.Result? {
    let log = stage.root.appendingPathComponent("compile-\(index).log")
    return Subprocess.run(compiler.path, arguments(unit, more), in: stage.root, log: log)
  }

  func arguments(_ unit: Unit, _ more: [String]) -> [String] {
    Self.arguments(stage: stage.root.path, tool: resources.root.path, version: version) + more
      + extraction.includes.flatMap { ["-I", $0] } + [unit.source]
  }

  func failure(_ unit: Unit, _ output: String) -> KernelBuildError {
    noRoom(output) ?? .compilation(file: unit.name, lines: lines(of: output))
  }

  /// What every file is compiled with. Reports name files as the tree does, wherever it and the tool stand, so that two
  /// copies of a tree make one object.
  static func arguments(stage: String, tool: String, version: KernelVersion) -> [String] {
    let compiled = "\(stage)/compiled"
    var arguments = Compiler.flags + ["-iquote", quoted(stage), "-include", "\(tool)/shim/stress.h"]
    arguments.append("-DSTRESS_KERNEL_VERSION=\"\(version.text)\"")
    // gcc takes the last map that fits, so the stage's own directories come behind it.
    let maps = [(stage, "."), ("\(tool)/", ""), ("\(stage)/whitelist/", "include/"), ("\(compiled)/", "")]
    return arguments + maps.map { "-ffile-prefix-map=\($0)=\($1)" }
  }

  /// Where the tree's own files are found that are included in quotes.
  private static func quoted(_ stage: String) -> String { "\(stage)/compiled/arch/x86/kvm" }

  private func link(_ units: [Unit], into entry: URL) throws(KernelBuildError) -> String? {
    let object = entry.appendingPathComponent(BuiltKernel.objectName).path
    var more: [String] = []
    if coverage {
      let script = stage.root.appendingPathComponent("counters.ld")
      if let code = CacheFile.write(Array(Compiler.coverageScript.utf8), to: script) {
        throw .unwritable(stage.root.deletingLastPathComponent(), code)
      }
      more = ["-Wl,-T,\(script.path)"] + Compiler.scriptLinker
    }
    let log = stage.root.appendingPathComponent("link.log")
    func linked(with library: String) throws(KernelBuildError) -> Subprocess.Result {
      let arguments = Compiler.linkFlags + more + ["-o", object] + units.map(\.object) + [library]
      guard let result = Subprocess.run(compiler.path, arguments, in: stage.root, log: log) else {
        throw .noCompiler(tried: [compiler.path])
      }
      return result
    }
    var result = try linked(with: "-lc")
    // `-lc` is what developers of programs install; the library itself is there wherever this runs.
    if result.status != 0, result.output.contains("find") && result.output.contains("-lc") {
      result = try linked(with: "-l:libc.so.6")
    }
    if result.status == 0 {
      guard FileManager.default.fileExists(atPath: object) else {
        throw .noCompilation(compiler: compiler.path, file: "the objects that it was to link")
      }
      if coverage { try CoverageNotes.keep(units, of: stage, compiler, in: entry) }
      return nil
    }
    if let failure = noRoom(result.output) { throw failure }
    guard result.output.contains("undefined ") else { throw .linking(lines: lines(of: result.output)) }
    return result.output
  }

  /// What is no fault of a file's.
  func noRoom(_ output: String) -> KernelBuildError? {
    let reason = ["No space left on device", "Disk quota exceeded", "File too large"].first { output.contains($0) }
    return reason.map { .cache(path: stage.root.deletingLastPathComponent().path, reason: $0) }
  }

  /// What a user needs of the compiler's output: from its first error on, with the tree's own paths.
  func lines(of output: String) -> [String] {
    let lines = output.replacing("\(stage.root.path)/compiled/", with: "")
      .replacing("\(resources.root.path)/", with: "").replacing("\(stage.root.path)/", with: "")
      .split(separator: "\n").map(String.init)
    let first = lines.firstIndex { line in
      ["error:", "undefined reference", "cannot find"].contains { line.contains($0) }
    }
    return Array(lines[(first ?? 0)...].prefix(12))
  }
}
