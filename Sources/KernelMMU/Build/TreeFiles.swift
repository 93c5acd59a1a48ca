/// Which files of a tree a build may look at.
import Foundation

package enum TreeFiles {
  /// Headers that are compiled as they are: what they hold is pure, the same in the kernel and here.
  static let real = [
    "include/linux/list.h", "include/linux/rculist.h", "include/linux/poison.h", "include/linux/bitfield.h",
    "arch/x86/include/asm/vmx.h", "arch/x86/include/asm/cpufeatures.h", "arch/x86/include/asm/vmxfeatures.h",
    "arch/x86/include/asm/kvm-x86-ops.h",
    "arch/x86/include/uapi/asm/vmx.h", "arch/x86/include/uapi/asm/processor-flags.h",
  ]

  /// Definitions are taken out of these, in this order: KVM's own first, then what is arithmetic only.
  static let headers = [
    "arch/x86/include/asm/kvm_host.h", "include/linux/kvm_host.h", "include/linux/kvm_types.h",
    "arch/x86/include/asm/kvm_types.h", "arch/x86/include/asm/kvm_vcpu_regs.h", "arch/x86/include/uapi/asm/kvm.h",
    "include/uapi/linux/kvm.h",
    "arch/x86/include/asm/tdx.h", "arch/x86/include/asm/shared/tdx.h", "arch/x86/include/asm/shared/tdx_errno.h",
    "arch/x86/virt/vmx/tdx/tdx.h", "arch/x86/include/asm/kvm_page_track.h", "include/trace/events/kvm.h",
  ]
  static let pure = [
    "include/linux/bits.h", "include/vdso/bits.h", "include/uapi/linux/bits.h", "include/linux/bitops.h",
    "include/linux/align.h", "include/vdso/align.h", "include/linux/math.h", "include/linux/math64.h",
    "include/linux/minmax.h", "include/linux/log2.h", "include/linux/sizes.h", "include/linux/limits.h",
    "include/vdso/limits.h", "include/linux/overflow.h", "include/linux/hash.h", "include/linux/wordpart.h",
    "include/linux/kernel.h", "include/linux/util_macros.h", "include/linux/array_size.h", "include/linux/const.h",
    "include/uapi/linux/const.h", "include/linux/args.h", "include/linux/nospec.h",
    "arch/x86/include/asm/msr-index.h", "arch/x86/include/asm/pgtable_types.h", "arch/x86/include/asm/page_types.h",
    "arch/x86/include/asm/pgtable_64_types.h", "arch/x86/include/asm/trapnr.h",
    "include/uapi/asm-generic/errno-base.h", "include/uapi/asm-generic/errno.h", "include/linux/errno.h",
  ]

  /// C files out of which functions are taken.
  static let cFiles = [
    "arch/x86/kvm/mmu/mmu.c", "arch/x86/virt/vmx/tdx/tdx.c", "arch/x86/kvm/vmx/tdx.c", "arch/x86/kvm/vmx/main.c",
    "arch/x86/kvm/x86.c",
  ]

  /// A tree without one of these is refused.
  package static let required: [String] =
    Set(
      KernelStage.sources + KernelStage.kvmHeaders + [
        "Makefile", "arch/x86/kvm/mmu/mmu.c", "arch/x86/include/asm/kvm_host.h", "include/linux/kvm_host.h",
        "include/linux/list.h",
      ]
    ).sorted()

  /// Those of a tree with these roots.
  package static func required(_ roots: TreeRoots) -> [String] {
    roots == .directOnly ? required : (required + ["arch/x86/kvm/vmx/tdx.c"]).sorted()
  }

  /// Every path that is known beforehand.
  package static let named: [String] =
    Set(KernelStage.sources + KernelStage.kvmHeaders + real + headers + pure + cFiles + ["Makefile"]).sorted()

  /// Folders whose files count as well: a patch may add one.
  private static let folders: [(path: String, suffixes: [String])] = [
    ("arch/x86/kvm", [".h"]), ("arch/x86/kvm/mmu", [".h", ".c"]), ("arch/x86/kvm/vmx", [".h"]),
  ]
  /// The shadow MMU's template is no file of its own.
  private static let left: Set<String> = ["arch/x86/kvm/mmu/paging_tmpl.h", "arch/x86/kvm/mmu/page_track.c"]

  /// Every path that a build may look at, sorted: nothing else of a tree has a part in what is built.
  package static func wanted(_ tree: URL) -> [String] {
    let found = folders.flatMap { folder in
      let names = (try? FileManager.default.contentsOfDirectory(atPath: tree.appendingPathComponent(folder.path).path))
      return (names ?? []).map { "\(folder.path)/\($0)" }
    }
    return (named + found.filter { !named.contains($0) && isWanted($0) }).sorted()
  }

  /// The same of paths that a tree has.
  package static func wanted(among paths: [String]) -> [String] {
    let known = Set(named)
    return paths.filter { known.contains($0) || isWanted($0) }.sorted()
  }

  /// Folders in which files count that are not known by name.
  static var wantedFolders: [String] { folders.map(\.path) }

  private static func isWanted(_ path: String) -> Bool {
    guard let slash = path.lastIndex(of: "/"), !left.contains(path) else { return false }
    let folder = folders.first { $0.path == path[..<slash] }
    return folder?.suffixes.contains { path.hasSuffix($0) } ?? false
  }

  /// Compiled as it is, or included so.
  static func isWhole(_ path: String) -> Bool { whole.contains(path) }
  private static let whole = Set(
    KernelStage.sources + KernelStage.kvmHeaders.filter { !$0.hasSuffix("mmutrace.h") } + real)

  /// What definitions are taken out of, in the order in which it is asked.
  static func index(_ paths: [String]) -> [String] {
    let first = headers + cFiles
    let rest = paths.filter { path in !first.contains(path) && !pure.contains(path) && path != "Makefile" }
    return (first + rest + pure).filter { !whole.contains($0) }
  }

  /// How `#include <>` names a header.
  static func included(_ path: String) -> String {
    for folder in ["arch/x86/include/", "include/"] where path.hasPrefix(folder) {
      return String(path.dropFirst(folder.count))
    }
    return path
  }
}
