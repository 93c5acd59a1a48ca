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
      .filter { $0.hasPrefix(prefix) && ($0.hasSuffix(".c") || $0.hasSuffix(".h")) }
      .map { String($0.dropFirst(prefix.count)) }.sorted()
  }
}
