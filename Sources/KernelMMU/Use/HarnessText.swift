/// The tool's own C: what it calls of a kernel, and what it has in a kernel's place.
///
/// A definition of the same name stands in a kernel's place. Where the glue has another name for what it does as the
/// kernel does it, a comment above says so, in one line that begins with `Stands for`.
struct HarnessText {
  /// Identifiers that it mentions.
  private(set) var names: Set<String> = []
  /// Name in a kernel to what stands for it.
  private var answers: [String: String] = [:]

  /// - Parameters:
  ///   - files: the tool's, by path.
  ///   - generated: lines that were written for this kernel and are not its own.
  init(files: [(path: String, bytes: [UInt8])], generated: [[UInt8]]) {
    for file in files where file.path.hasSuffix(".c") || file.path.hasSuffix(".h") {
      let source = CSource(path: file.path, bytes: file.bytes, conditions: nil)
      names.formUnion(Self.identifiers(file.bytes))
      for item in source.items where item.kind == .function || item.kind == .macro {
        if answers[item.names[0]] == nil { answers[item.names[0]] = file.path }
      }
      for (name, by) in Self.declared(source) { answers[name] = "\(by)() of \(file.path)" }
    }
    for bytes in generated { names.formUnion(Self.identifiers(bytes)) }
  }

  func answer(to name: String) -> String? { answers[name] }

  private static func identifiers(_ bytes: [UInt8]) -> [String] {
    var scanner = CScanner(bytes)
    return CScanner.identifiers(in: scanner.withoutCommentsAndLiterals()).map(\.name)
  }

  /// `// Stands for kvm_mmu_zap_all_fast(), kvm_mmu_zap_all().` and the function below it.
  private static func declared(_ source: CSource) -> [(name: String, by: String)] {
    let functions = source.items.filter { $0.kind == .function }
    var declared: [(String, String)] = []
    for line in 1...source.lineCount {
      let text = source.quote(source.bytes(ofLine: line))
      guard text.hasPrefix("// Stands for ") else { continue }
      guard let below = functions.first(where: { source.line(at: $0.range.lowerBound) > line }) else { continue }
      let names = CScanner.identifiers(in: Array(text.utf8.dropFirst("// Stands for ".count)))
      for name in names where text.contains(name.name + "()") { declared.append((name.name, below.names[0])) }
    }
    return declared
  }
}
