/// A kernel, the C host, and one VM, for tests that look at what a single task did.
import CKernelABI
import CKernelHost
import Foundation
import KernelMMU
import Synchronization
import Testing

/// Builds each kernel once for all tests, one at a time.
enum Kernels {
  private static let loaded = Mutex<[String: Result<LoadedKernel, KernelBuildError>]>([:])

  static func load(_ build: Trees.Build) throws -> LoadedKernel {
    let tree = try #require(Trees.path(build.version))
    return try loaded.withLock { loaded in
      if let known = loaded[build.testDescription] { return try known.get() }
      let result = Result { () throws(KernelBuildError) in
        try LoadedKernel(KernelBuilder(tree: tree, compiler: build.compiler).build())
      }
      loaded[build.testDescription] = result
      return try result.get()
    }
  }
}

final class Rig {
  let host: OpaquePointer
  let kernel: stress_kernel
  let task: OpaquePointer
  let world: OpaquePointer

  static var options: khost_options {
    khost_options(
      guest_pages: 4096, arena_pages: 4096, tasks: 2, private_level: 1, shared_level: 2, is_td: true,
      nx_huge_pages: true, proves_mmu: true, guards_tables: false, stops_at_points: true, logs: true)
  }

  /// A TD with its roots loaded, runnable.
  convenience init(_ build: Trees.Build, _ options: khost_options = Rig.options) throws {
    try self.init(Kernels.load(build), options)
  }

  init(_ loaded: LoadedKernel, _ options: khost_options = Rig.options) throws {
    var options = options
    host = try #require(khost_create(loaded.table, &options))
    kernel = loaded.table.pointee
    task = khost_task(host, 0)
    world = khost_world(host)
    kernel.vm_create(task)
    for vcpu in 0..<options.tasks { kernel.load_roots(khost_task(host, vcpu), vcpu) }
    _ = kernel.finalize(task)
    khost_clear_events(host)
  }

  deinit { khost_destroy(host) }

  @discardableResult
  func fault(
    _ gfn: UInt64, isPrivate: Bool = true, write: Bool = true, exec: Bool = false, present: Bool = false
  ) -> (result: Int, level: UInt8) {
    var fault = stress_fault()
    fault.gfn = gfn
    fault.pfn = gfn
    fault.is_private = isPrivate
    fault.write = write
    fault.exec = exec
    fault.present = present
    fault.map_writable = true
    let result = kernel.fault(task, 0, &fault)
    return (Int(result), fault.level)
  }

  @discardableResult
  func convert(_ range: Range<UInt64>, toPrivate: Bool = false) -> Bool {
    kernel.convert(task, range.lowerBound, range.upperBound, toPrivate)
  }

  @discardableResult
  func unmap(_ range: Range<UInt64>, _ filter: Int = STRESS_FILTER_PRIVATE, mayBlock: Bool = false) -> Bool {
    kernel.unmap_range(task, range.lowerBound, range.upperBound, UInt32(filter), mayBlock)
  }

  @discardableResult
  func zapLeafs(_ range: Range<UInt64>) -> Bool { kernel.zap_leafs(task, range.lowerBound, range.upperBound) }

  @discardableResult
  func age(_ range: Range<UInt64>, testOnly: Bool = false) -> Bool {
    kernel.age(task, range.lowerBound, range.upperBound, UInt32(STRESS_FILTER_SHARED), testOnly)
  }

  @discardableResult
  func wrprot(_ range: Range<UInt64>) -> Bool { kernel.wrprot(task, range.lowerBound, range.upperBound, 1) }

  /// From the root down.
  func walk(_ gfn: UInt64, isPrivate: Bool = true) -> [stress_step] {
    var steps = [stress_step](repeating: stress_step(), count: Int(STRESS_MAX_LEVEL))
    khost_open_tables(host, true)
    let count = kernel.walk(world, gfn, isPrivate, &steps)
    khost_open_tables(host, false)
    return Array(steps.prefix(Int(count)))
  }

  /// The leaf's value, nil if nothing is mapped.
  func leaf(_ gfn: UInt64, isPrivate: Bool = true) -> UInt64? {
    guard let last = walk(gfn, isPrivate: isPrivate).last, last.value & 1 << 11 != 0 else { return nil }
    return last.value
  }

  var events: [khost_event] {
    var first: UnsafePointer<khost_event>?
    let count = khost_events(host, &first)
    return Array(UnsafeBufferPointer(start: first, count: Int(count)))
  }

  /// Leaf numbers of the SEAMCALLs since the last clearing, in order.
  var seamcalls: [UInt32] { events.filter { $0.kind == KHOST_SEAMCALL.rawValue }.map(\.what) }

  var statistics: stress_statistics {
    var statistics = stress_statistics()
    kernel.statistics(world, &statistics)
    return statistics
  }

  // A rig's host lives as long as the rig: what asks it is a method, which keeps the rig alive meanwhile.

  var livePages: UInt64 { khost_live_pages(host) }
  var liveObjects: UInt64 { khost_live_objects(host) }
  var septTables: UInt64 { khost_sept_tables(host) }
  var points: UInt64 { khost_points(host, 0) }
  var unannounced: UInt32 { khost_unannounced(host) }
  var misplaced: UInt32 { khost_misplaced(host) }
  var globals: UInt64 { khost_globals(host) }
  func septState(_ gfn: UInt64) -> Int { Int(khost_sept_state(host, gfn, nil)) }
  func clearEvents() { khost_clear_events(host) }
  func makeBusy(_ leaf: UInt32, _ count: UInt32) { khost_make_busy(host, UInt64(leaf), count) }
  func askEvery(_ count: UInt32) { khost_ask_every(host, count) }
  func reload(_ vcpu: UInt32) -> Bool { kernel.reload(khost_task(host, vcpu), vcpu) }
  func runThreads(_ seconds: Double) -> khost_figures { khost_run_threads(host, 8, seconds, 1) }
  func createVM() { kernel.vm_create(task) }
  func destroyVM() { kernel.vm_destroy(task) }

  /// 4 fibers, 20 operations each.
  func runFibers(schedules: UInt32 = 20, seed: UInt64, abandonAt: UInt64 = 0) -> khost_schedule_figures {
    khost_run_fibers(host, 4, 20, schedules, seed, abandonAt)
  }

  var roots: [stress_root] {
    var roots = [stress_root](repeating: stress_root(), count: 8)
    let count = kernel.roots(world, &roots, 8)
    return Array(roots.prefix(Int(count)))
  }

  /// What was reported, `file function: text`; nil for nothing.
  var violation: String? {
    var first = stress_violation()
    guard khost_violations(host, &first) > 0 else { return nil }
    return "\(String(cString: first.file)) \(String(cString: first.function)): \(String(cString: first.text))"
  }
}

/// Leaf numbers of the TDX module's interface.
enum Leaf {
  static let septAdd: UInt32 = 3
  static let pageAdd: UInt32 = 2
  static let pageAug: UInt32 = 6
  static let rangeBlock: UInt32 = 7
  static let pageRemove: UInt32 = 29
  static let track: UInt32 = 38
  static let wbinvd: UInt32 = 41
  static let keyFreeid: UInt32 = 20
  static let reclaim: UInt32 = 28
}

let frozen: UInt64 = 1 << 63 | 0x1a0
