/// A path that a user gave for a kernel tree: whether there is one at all.
import Foundation

package struct TreePath {
  /// As given, for messages.
  package let text: String
  package let url: URL
  /// As the Makefile has it, for example `7.3.4`.
  package let version: String

  package init(_ text: String) throws(TreePathError) {
    let url = URL(fileURLWithPath: text)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), !text.isEmpty else {
      throw .nothing(text)
    }
    guard isFolder.boolValue else { throw .file(text) }
    guard let version = Self.version(url) else {
      if let top = Self.top(above: url) { throw .inside(text, top: top) }
      let missing =
        FileManager.default.fileExists(atPath: url.appendingPathComponent("Makefile").path)
        ? "Makefile with a kernel's version" : "Makefile"
      throw .notAKernel(text, missing: missing)
    }
    // Other projects took over the kernel's Makefile, version and all.
    guard FileManager.default.fileExists(atPath: url.appendingPathComponent("arch/x86/kvm").path) else {
      throw .notAKernel(text, missing: "arch/x86/kvm")
    }
    self.text = text
    self.url = url
    self.version = version
  }

  private static func version(_ folder: URL) -> String? {
    KernelStage.contents(folder.appendingPathComponent("Makefile"))
      .flatMap { KernelVersion(makefile: String(decoding: $0, as: UTF8.self)) }?.text
  }

  /// The kernel tree that a folder is the top of, or part of.
  package static func top(of folder: URL) -> String? {
    let folder = folder.standardizedFileURL.resolvingSymlinksInPath()
    return isTop(folder) ? folder.path : top(above: folder)
  }

  /// Names a tree among others: its folder's name and a hash of its whole path.
  package static func label(of tree: String) -> String {
    var hash = ContentHash()
    hash.add(tree.utf8)
    return (tree.split(separator: "/").last ?? "tree") + "-" + UInt32(truncatingIfNeeded: hash.word).paddedHex
  }

  /// The kernel tree that a folder is part of.
  private static func top(above folder: URL) -> String? {
    var folder = folder.standardizedFileURL
    while folder.path != "/" {
      folder = folder.deletingLastPathComponent()
      if isTop(folder) { return folder.path }
    }
    return nil
  }

  private static func isTop(_ folder: URL) -> Bool {
    FileManager.default.fileExists(atPath: folder.appendingPathComponent("arch/x86/kvm").path) && version(folder) != nil
  }
}

/// Why a path is refused before anything of it is looked at. One sentence for the user.
package enum TreePathError: Error, Equatable, CustomStringConvertible {
  case nothing(String)
  case file(String)
  case notAKernel(String, missing: String)
  case inside(String, top: String)

  package var description: String {
    let advice = "give the top folder of a kernel: a checkout or an unpacked tarball"
    return switch self {
    case .nothing(let path): "'\(path)' does not exist; \(advice)"
    case .file(let path): "'\(path)' is a file; \(advice)"
    case .notAKernel(let path, let missing): "'\(path)' is not a Linux kernel tree: it has no \(missing); \(advice)"
    case .inside(let path, let top): "'\(path)' is not the top of its kernel tree, '\(top)' is; give that"
    }
  }
}
