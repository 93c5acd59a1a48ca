/// Where in the user's kernel the accesses stand that a violation is about.
import KernelMMU
import Machine

package enum AccessPlaces {
  /// For each access, as far as it is known: `arch/x86/kvm/mmu/tdp_mmu.c:334, tdp_mmu_unlink_sp()`.
  static func of(_ accesses: [ViolatingAccess], _ kernel: KernelSubject?) -> [KernelFrame?] {
    guard let kernel, accesses.contains(where: { $0.code != 0 }) else { return accesses.map { _ in nil } }
    return KernelSymbols(kernel.loaded).functions(accesses.map(\.code))
  }

  /// What is added to what a violation has seen; empty where it is about no accesses.
  package static func text(_ accesses: [ViolatingAccess], _ kernel: KernelSubject?) -> String {
    zip(accesses, of(accesses, kernel)).map { access, frame in
      frame.map { "; thread \(access.task) at \($0.place), \($0.function)()" } ?? ""
    }.joined()
  }
}

extension KernelFrame {
  /// File and line; the file alone where the compiler left the line open.
  var place: String { line > 0 ? "\(file):\(line)" : file }
  /// The same without the folders.
  var shortPlace: String { place.split(separator: "/").last.map(String.init) ?? place }
}
