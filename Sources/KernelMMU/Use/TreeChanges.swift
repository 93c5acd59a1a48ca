/// What differs between a tree and a commit of it, definition by definition: which of it a run can see, and which not.
///
/// Both sides are taken apart by the same scanner. Comments and white space are no difference, nor is another place.
import Foundation

package struct TreeChanges {
  /// Where code stands that has to do with the mirror page tables: elsewhere a change is no news.
  static let folders = [
    "arch/x86/kvm", "arch/x86/virt/vmx", "arch/x86/include/asm/kvm*", "arch/x86/include/asm/tdx*",
    "arch/x86/include/asm/shared/tdx*", "arch/x86/include/uapi/asm/kvm*", "virt/kvm", "include/linux/kvm*",
    "include/uapi/linux/kvm*",
  ]

  /// Files that are used and differ, by path.
  package private(set) var usedFiles: [String] = []
  package private(set) var unseen: [UnseenChange] = []
  /// Functions and other definitions that are compiled, called, and not what they were, by name.
  package private(set) var seen: [String] = []

  private let use: SourceUse

  package init(_ use: SourceUse) { self.use = use }

  /// - Returns: nil if git cannot tell.
  init?(_ git: GitTree, from commit: String, _ use: SourceUse) {
    self.use = use
    guard let candidates = git.candidates(from: commit, Self.folders + use.files.map(\.path)) else { return nil }
    for path in candidates {
      let new = KernelStage.contents(git.tree.appendingPathComponent(path))
      let old = git.contents(path, in: commit)
      if new != old { add(path, old: old, new: new) }
    }
  }

  /// - Parameters: the file's content before and after; nil where there is none.
  package mutating func add(_ path: String, old: [UInt8]?, new: [UInt8]?) {
    if use.file(path) != nil { usedFiles.append(path) }
    // Its version says what a tree is called, and nothing of what it does.
    guard path != "Makefile" else { return }
    let isC = path.hasSuffix(".c") || path.hasSuffix(".h")
    guard isC, new != nil, old != nil || use.file(path) != nil else {
      unseen.append(UnseenChange(name: "", file: path, reason: .unused, by: ""))
      return
    }
    let file = use.file(path)
    let (old, new) = (
      CSource(path: path, bytes: old ?? [], conditions: nil), CSource(path: path, bytes: new ?? [], conditions: nil)
    )
    let (before, after) = (Definitions(old), Definitions(new))
    var restDiffers = before.rest != after.rest
    for key in after.keys {
      guard let item = after.items[key] else { continue }
      let text = new.normalized(item.range)
      let earlier = before.items[key]
      if let earlier, old.normalized(earlier.range) == text { continue }
      let line = new.line(at: item.range.lowerBound)
      let used = file?.items.first { $0.line == line && item.names.contains($0.name) }
      if let change = change(to: item, used, new, earlier.map { old.normalized($0.range) } ?? [], path) {
        unseen.append(change)
      } else if let name = item.names.first {
        seen.append(name)
      }
    }
    for key in before.keys where after.items[key] == nil && !(file?.isWhole ?? false) {
      guard let item = before.items[key] else { continue }
      if item.kind == .function {
        unseen.append(UnseenChange(name: item.names[0] + "()", file: path, reason: .unused, by: ""))
      } else {
        restDiffers = true
      }
    }
    if restDiffers && !(file?.isWhole ?? false) {
      unseen.append(UnseenChange(name: UnseenChange.fileScope, file: path, reason: .unused, by: ""))
    }
  }

  /// - Returns: nil if it is compiled and called.
  private func change(
    to item: CItem, _ used: SourceUse.Item?, _ source: CSource, _ earlier: [UInt8], _ path: String
  ) -> UnseenChange? {
    let name = item.names[0] + (item.kind == .function ? "()" : "")
    guard let used else { return UnseenChange(name: name, file: path, reason: .unused, by: "") }
    if used.state != .used { return UnseenChange(name: name, file: path, reason: used.state, by: used.by) }
    for part in used.leftOut {
      let range = source.bytes(ofLine: part[0]).lowerBound..<source.bytes(ofLine: part[1]).upperBound
      let text = source.normalized(range)
      if !text.isEmpty, !earlier.contains(text) {
        return UnseenChange(name: "part of " + name, file: path, reason: .unused, by: "")
      }
    }
    return nil
  }
}

/// A file's definitions by kind and name; where a name is defined twice, by how many come before it.
private struct Definitions {
  private(set) var items: [String: CItem] = [:]
  /// In their order.
  private(set) var keys: [String] = []
  /// Directives and prototypes, in their order.
  private(set) var rest: [[UInt8]] = []

  init(_ source: CSource) {
    for item in source.items {
      guard item.kind != .prototype, let name = item.names.first else {
        rest.append(source.normalized(item.range))
        continue
      }
      var key = "\(item.kind) \(name)"
      while items[key] != nil { key += "'" }
      items[key] = item
      keys.append(key)
    }
    rest += Self.between(source.items, source)
    let functions = source.items.filter { $0.kind != .macro }.map(\.range)
    for directive in source.directives {
      let isInside = functions.contains { $0.contains(directive.lowerBound) }
      let text = source.normalized(directive)
      if !isInside && !text.starts(with: Array("#define".utf8)) { rest.append(text) }
    }
  }
}

extension Definitions {
  /// What stands outside of all items and directives, such as the call of a macro.
  fileprivate static func between(_ items: [CItem], _ source: CSource) -> [[UInt8]] {
    var code = source.code
    for item in items { for index in item.range where code[index] != CByte.newline { code[index] = CByte.space } }
    return code.split(separator: CByte.newline).map { line in line.filter { !CByte.isSpace($0) } }.filter {
      !$0.isEmpty
    }
  }
}

extension CSource {
  /// A range without comments, each run of white space one space.
  func normalized(_ range: Range<Int>) -> [UInt8] {
    var scanner = CScanner(Array(bytes[range]))
    var result: [UInt8] = []
    for byte in scanner.withoutComments() {
      if !CByte.isSpace(byte) { result.append(byte) } else if result.last != CByte.space { result.append(CByte.space) }
    }
    while result.last == CByte.space { result.removeLast() }
    return result.first == CByte.space ? Array(result.dropFirst()) : result
  }
}
