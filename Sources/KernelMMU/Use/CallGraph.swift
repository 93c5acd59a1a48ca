/// Which definitions of a tree mention which, by name: what a function may come to call, and never less but for what is
/// called through a pointer.
import Foundation

package struct CallGraph: Sendable {
  private var mentions: [String: Set<String>] = [:]

  /// - Parameters:
  ///   - use: of the tree: what is not compiled leads nowhere.
  ///   - contents: of a file of the tree, by its path there.
  package init(_ use: SourceUse, contents: (String) -> [UInt8]?) {
    for file in use.files {
      guard let bytes = contents(file.path) else { continue }
      let lines = Set(file.items.filter { $0.state == .used }.map(\.line))
      add(CSource(path: file.path, bytes: bytes, conditions: nil)) { lines.contains($0) }
    }
    guard let resources = try? KernelResources() else { return }
    for path in resources.files() where path.hasSuffix(".c") || path.hasSuffix(".h") {
      let bytes = KernelStage.contents(resources.root.appendingPathComponent(path)) ?? []
      add(CSource(path: path, bytes: bytes, conditions: nil)) { _ in true }
    }
  }

  private mutating func add(_ source: CSource, where isUsed: (Int) -> Bool) {
    for item in source.items where item.kind == .function || item.kind == .macro {
      guard isUsed(source.line(at: item.range.lowerBound)) else { continue }
      for name in item.names { mentions[name, default: []].formUnion(source.identifiers(in: item)) }
    }
  }

  /// The names themselves, and all that can be come to from them.
  package func reached(from roots: [String]) -> Set<String> {
    var reached: Set<String> = []
    var waiting = roots
    while let name = waiting.popLast() {
      guard reached.insert(name).inserted else { continue }
      waiting += mentions[name] ?? []
    }
    return reached
  }
}
