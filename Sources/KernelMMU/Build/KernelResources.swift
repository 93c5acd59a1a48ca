/// The shim, the glue and the ABI: the tool's own C, which a user's kernel is compiled with.
import Foundation

struct KernelResources {
  let root: URL

  init() throws(KernelBuildError) {
    // Not Bundle.module, which ends the process where it finds none, and looks in the folder of the build before that.
    root = Bundle.main.bundleURL.appendingPathComponent("stress_KernelMMU.resources/Resources")
    guard FileManager.default.fileExists(atPath: root.appendingPathComponent("abi/stress_abi.h").path) else {
      throw .incompleteInstallation("shim headers at \(root.path)")
    }
  }

  /// Paths below `root`, sorted.
  func files() -> [String] {
    let prefix = root.path + "/"
    guard let enumerator = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil) else { return [] }
    return enumerator.compactMap { $0 as? URL }.map(\.path)
      .filter { $0.hasPrefix(prefix) && ($0.hasSuffix(".c") || $0.hasSuffix(".h") || $0.hasSuffix(".txt")) }
      .map { String($0.dropFirst(prefix.count)) }.sorted()
  }

  /// Names of headers that are empty here.
  func stubs() throws(KernelBuildError) -> [String] {
    guard let text = try? String(contentsOf: root.appendingPathComponent("shim/stubs/headers.txt"), encoding: .utf8)
    else { throw .incompleteInstallation("list of stub headers") }
    return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
  }
}
