/// What a kernel tree has of the files that no build goes without. Writes nothing, and unlike a build it does not stop
/// at the first thing that is missing.
import Foundation

package struct TreeSurvey {
  package struct File {
    package var path: String
    package var isFound: Bool
  }

  /// Those that every tree has to have.
  package private(set) var files: [File]
  /// How many more there are from which definitions may be taken.
  package let others: Int
  let roots: TreeRoots
  /// Nil if there is no `tdx.c`.
  package private(set) var septFunctions: [String]?
  private let hasPagewalk: Bool

  private static let tdx = "arch/x86/kvm/vmx/tdx.c"
  private static let host = "arch/x86/include/asm/kvm_host.h"

  package init(_ tree: URL) {
    func contents(_ path: String) -> [UInt8]? { KernelStage.contents(tree.appendingPathComponent(path)) }
    // A directory or a file that cannot be read is as good as none.
    let roots = TreeRoots(contents)
    self.roots = roots
    let required = TreeFiles.required(roots)
    files = required.map { File(path: $0, isFound: contents($0) != nil) }
    others = TreeFiles.wanted(tree).filter { !required.contains($0) && contents($0) != nil }.count
    hasPagewalk = contents(Self.host)?.contains("struct kvm_pagewalk") ?? false
    septFunctions = contents(Self.tdx).map { bytes in
      let items = CSource(path: Self.tdx, bytes: bytes).items
      return Set(items.filter { $0.kind == .function && $0.names[0].hasPrefix("tdx_sept_") }.map { $0.names[0] })
        .sorted()
    }
  }

  /// Sentences about what is missing.
  package var missing: [String] { files.filter { !$0.isFound }.map { "the tree has no \($0.path)" } }

  func has(_ path: String) -> Bool { files.contains { $0.path == path && $0.isFound } }

  /// By what is in it, whatever its Makefile says: patches are developed on top of many versions.
  var looks: String {
    guard has("arch/x86/kvm/mmu/tdp_mmu.c") else { return "older than 5.10: no TDP MMU" }
    if roots == .directOnly { return "older than 6.14: a TDP MMU with direct roots only" }
    guard let septFunctions, !septFunctions.isEmpty else { return "mirror roots without the TDX that uses them" }
    return hasPagewalk ? "7.3 or later" : "6.16 to 7.2"
  }
}
