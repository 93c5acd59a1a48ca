/// Which roots the TDP MMU of a tree has, told from its text before anything is built.
import Foundation

package enum TreeRoots: Sendable, Equatable {
  /// Private memory is mapped by mirror roots, which TDX has followed.
  case mirrorAndDirect
  /// All memory is mapped by direct roots: there is none that is private.
  case directOnly
  /// Mirror roots, and no tdx.c that would use them: Linux 6.14 and 6.15.
  case mirrorWithoutTdx

  private static let header = "arch/x86/kvm/mmu/tdp_mmu.h"
  private static let tdx = "arch/x86/kvm/vmx/tdx.c"

  /// - Parameter contents: of a file of the tree, by its path there; nil if it has none.
  package init(_ contents: (String) -> [UInt8]?) {
    // The name may move within the header, not disappear.
    guard contents(Self.header)?.contains("KVM_MIRROR_ROOTS") ?? false else {
      self = .directOnly
      return
    }
    self = contents(Self.tdx) == nil ? .mirrorWithoutTdx : .mirrorAndDirect
  }

  package init(_ tree: URL) { self.init { KernelStage.contents(tree.appendingPathComponent($0)) } }

  /// Why what needs private memory is refused: the reason for all commands.
  package static func reason(version: String) -> String {
    "Linux \(version) has no mirror page tables: direct roots only, so no private memory"
  }

  /// The reason for a tree that is given by its path; nil for one with mirror roots, or for no kernel at all.
  package static func objection(to path: String) -> String? {
    let tree = URL(fileURLWithPath: path, isDirectory: true)
    func contents(_ file: String) -> [UInt8]? { KernelStage.contents(tree.appendingPathComponent(file)) }
    guard TreeRoots(tree) == .directOnly, contents(KernelStage.sources[0]) != nil,
      let makefile = contents("Makefile"),
      let version = KernelVersion(makefile: String(decoding: makefile, as: UTF8.self))
    else { return nil }
    return reason(version: version.text)
  }
}
