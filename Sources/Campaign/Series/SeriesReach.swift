/// Which operations a changed function has to do with: those whose kernel code may come to it, as far as names tell.
import KernelMMU
import Machine
import SecureEPT

enum SeriesReach {
  /// - Parameter changed: definitions of the tree.
  /// - Returns: names of operations of which one takes part in each pair that the change may show in; empty where that
  ///   may be any pair.
  static func operations(_ changed: [String], _ graph: CallGraph) -> [String] {
    let variants = OperationVariant.all(.fourK)
    var reached: [Operation: Set<String>] = [:]
    for operation in Set(variants.map(\.operation)) { reached[operation] = graph.reached(from: entries(operation)) }
    let known = reached.values.reduce(into: Set<String>()) { $0.formUnion($1) }
    // Behind a pointer nobody sees who comes there.
    guard !changed.isEmpty, changed.allSatisfy(known.contains) else { return [] }
    let own = variants.filter { variant in
      changed.contains { reached[variant.operation]?.contains($0) ?? false }
    }
    // Where most take part, all pairs say as much.
    return own.count * 2 > variants.count ? [] : own.map(\.name)
  }

  /// Functions of the harness by which an operation enters the kernel's code.
  private static func entries(_ operation: Operation) -> [String] {
    switch operation {
    case .fault, .fault2M, .fastFault: ["stress_fault", "stress_populate", "stress_reload"]
    case .zap, .unmap: ["stress_unmap_range", "stress_zap_leafs"]
    case .convert: ["stress_convert"]
    case .split, .splitExclusive, .splitMirror: ["stress_split"]
    case .recover: ["stress_recover_huge"]
    case .nxRecover: ["stress_recover_nx_pages"]
    case .wrprot: ["stress_wrprot", "stress_write_protect_gfn"]
    case .clearDirty: ["stress_clear_dirty", "stress_clear_dirty_masked"]
    case .age: ["stress_age"]
    case .invalidate: ["stress_zap_all_fast", "stress_invalidate", "stress_zap_invalidated", "stress_reload"]
    case .guest: ["stress_fault", "stress_populate", "stress_reload", "stress_waits_for_sept_zap"]
    case .touch: ["stress_touch", "stress_reload", "stress_fault"]
    case .logDirty: ["stress_log_dirty"]
    case .collectDirty: ["stress_collect_dirty"]
    case .plant: ["stress_plant"]
    case .pruneMirror: []
    }
  }
}
