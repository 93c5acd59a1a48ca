/// Asks the preprocessor what of a tree reaches the compiler, unit by unit, as each was compiled.
import Foundation
import Synchronization

extension KernelCompilation {
  func use() throws(KernelBuildError) -> SourceUse {
    let units = units()
    let outputs = Mutex<[Int: Result<Preprocessed, KernelBuildError>]>([:])
    DispatchQueue.concurrentPerform(iterations: units.count) { index in
      let part = Result { () throws(KernelBuildError) in try preprocessed(units[index], index) }
      outputs.withLock { $0[index] = part }
    }
    var seen = Preprocessed()
    let parts = outputs.withLock { $0 }
    for index in units.indices {
      if let part = parts[index] { seen.add(try part.get()) }
    }
    let tool = resources.files().map { path in
      (path: path, bytes: KernelStage.contents(resources.root.appendingPathComponent(path)) ?? [])
    }
    // What has no line of the tree is calls that were written for it.
    let own = stage.generated().filter { !$0.contains("#line") }
    return UseSurvey(seen, files: stage.files, harness: HarnessText(files: tool, generated: own)).survey()
  }

  private func preprocessed(_ unit: Unit, _ index: Int) throws(KernelBuildError) -> Preprocessed {
    let output = stage.root.appendingPathComponent("preprocessed-\(index).i")
    let options = ["-E", "-dD"]
    let key = key(unit, options)
    if let bytes = key.flatMap({ known?.read($0, .preprocessed) }), let seen = Preprocessed(noted: bytes) {
      return seen
    }
    let log = stage.root.appendingPathComponent("preprocess-\(index).log")
    let arguments = arguments(unit, options + ["-o", output.path])
    guard let result = Subprocess.run(compiler.path, arguments, in: stage.root, log: log) else {
      throw .noCompiler(tried: [compiler.path])
    }
    guard result.status == 0, let bytes = KernelStage.contents(output) else {
      // It has compiled: that it cannot be written down is no fault of the file's.
      throw noRoom(result.output)
        ?? .cache(
          path: stage.root.deletingLastPathComponent().path,
          reason: "the preprocessor leaves nothing of \(unit.name) there; is the disk full?")
    }
    var seen = Preprocessed()
    seen.add(bytes, place: stage.place)
    let note = seen.note
    if let key { made.add(key, .preprocessed) { note } }
    return seen
  }
}

extension KernelStage {
  /// The path in the tree of a file as a preprocessor names it, and whether that is the file itself.
  func place(_ name: String) -> (path: String, isWhole: Bool)? {
    if let rest = Self.rest(of: name, below: root.appendingPathComponent("compiled").path) { return (rest, true) }
    if let rest = Self.rest(of: name, below: root.appendingPathComponent("whitelist").path) {
      let path = TreeFiles.real.first { $0.hasSuffix("include/\(rest)") }
      return path.map { ($0, true) }
    }
    // Definitions that were taken from a file are told by its path.
    return name.hasPrefix("/") || name.hasPrefix("<") ? nil : (name, false)
  }

  /// What was written for this kernel alone, in the order of the files' names.
  fileprivate func generated() -> [[UInt8]] {
    let folder = root.appendingPathComponent("generated/extracted")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().compactMap { Self.contents(folder.appendingPathComponent($0)) }
  }

  private static func rest(of name: String, below folder: String) -> String? {
    name.hasPrefix(folder + "/") ? String(name.dropFirst(folder.count + 1)) : nil
  }
}
