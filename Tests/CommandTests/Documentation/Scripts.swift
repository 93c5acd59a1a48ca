/// The commands in scripts/, and which options they know.
import Foundation

enum Scripts {
  /// What can be run there, by its path from the root.
  static let names: [String] = Document.files(in: "scripts").filter { name in
    var isFolder: ObjCBool = false
    let path = Document.root.appendingPathComponent(name).path
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
      && FileManager.default.isExecutableFile(atPath: path)
  }

  /// Every option that a script, or what it runs, has in its text.
  static let options: Set<String> = {
    let files = Document.files(in: "scripts").filter { !$0.hasSuffix(".pyc") } + [".ci/run"]
    let texts = files.compactMap { Document.read($0)?.lines.joined(separator: "\n") }
    return Set(texts.flatMap { $0.matches(of: /--[a-z][a-z-]*[a-z]/).map { String($0.0) } })
  }()
}
