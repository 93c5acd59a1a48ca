/// Where the kernel's core declares what its headers are not taken for: only looked for to say why a tree is refused.
import Foundation

enum CoreHeaders {
  /// The first header, in the order of their paths, that declares or defines what is wanted.
  static func declaration(of want: Want, in tree: URL) -> String? {
    for folder in [
      "include/linux", "arch/x86/include/asm", "include/asm-generic", "include/uapi/linux", "include/vdso",
    ] {
      let root = tree.appendingPathComponent(folder)
      guard let names = FileManager.default.enumerator(atPath: root.path)?.allObjects as? [String] else { continue }
      for name in names.filter({ $0.hasSuffix(".h") }).sorted() {
        guard let bytes = KernelStage.contents(root.appendingPathComponent(name)), bytes.contains(want.name) else {
          continue
        }
        let source = CSource(path: "\(folder)/\(name)", bytes: bytes)
        if !source.items(want.name).isEmpty { return source.path }
      }
    }
    return nil
  }
}

/// What a build wants and neither the tree's KVM nor the shim has.
public struct Missing: Error, Equatable, Sendable, CustomStringConvertible {
  /// For example `down_read`.
  public var name: String
  /// The file and line that want it.
  public var wantedBy: String
  /// The header of the kernel's core that declares it.
  public var declaredBy: String?
  /// That line, where it is one of the tree's.
  public var line: String?

  init(want: Want, declared: String?, line: String?) {
    self.line = line?.trimmingCharacters(in: .whitespaces)
    name = want.text
    wantedBy = want.place
    declaredBy = declared
  }

  public var description: String {
    let place = declaredBy.map { ", which \($0) declares and the shim does not answer" } ?? ", which nothing defines"
    return "\(wantedBy) wants \(name)\(place)"
  }

  /// What a user can do about it.
  public var advice: String {
    declaredBy == nil
      ? "define it in the tree's KVM files, or add it to the shim"
      : "what locks, waits, orders, allocates, frees or defers is never guessed: add it to the shim"
  }
}
