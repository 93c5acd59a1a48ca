/// The subject as an engine drives it: the Swift model, or a kernel that was compiled from a user's tree.
///
/// A switch an operation; what happens inside one knows nothing of it.
import Checkers
import Episodes
import KernelMMU
import Machine
import MirrorMMU
import SecureEPT

package enum VirtualMachine {
  case model(ModelMMU)
  case kernel(KernelVMPointer)

  /// - Parameters:
  ///   - guestPages: at most what an episode or a round may have.
  ///   - isThreaded: tasks are threads, not fibers.
  /// - Returns: nil if the address space cannot be had.
  package init?(
    _ subject: Subject, _ machine: MachinePointer, policy: Policy, guestPages: UInt64, isThreaded: Bool = false
  ) {
    switch subject {
    case .kernel(let kernel):
      guard
        let vm = KernelVM.create(
          kernel.loaded, machine, policy: policy, guestPages: guestPages, isThreaded: isThreaded)
      else { return nil }
      self = .kernel(vm)
    case .model(let protocolName, let mutant):
      self = .model(
        ModelMMU.create(
          machine, protocolName: protocolName, mutant: mutant, policy: policy, guestPages: guestPages))
    }
  }

  package func destroy() {
    switch self {
    case .model(let model): model.destroy()
    case .kernel(let vm): KernelVM.destroy(vm)
    }
  }

  /// All that the subject changes but tables and tasks.
  func register(in snapshot: Snapshot) {
    switch self {
    case .model(let model): model.register(in: snapshot)
    case .kernel(let vm): vm.register(in: snapshot)
    }
  }

  /// The VM of an episode. No other task may run.
  package func build(_ task: TaskPointer, _ episode: Episode) {
    let regions = episode.regions
    build(
      task, vcpus: max(episode.threads.count, 1), regions: regions.count, provesMmu: episode.provesMmu
    ) { (regions[$0].isPrivate, regions[$0].allowsHuge) }
    if case .kernel(let vm) = self { vm.assertsLocks = episode.assertsLocks }
  }

  /// A VM. No other task may run.
  /// - Parameters:
  ///   - vcpus: tasks that will run.
  ///   - regions: of 2M, what the guest has.
  ///   - kind: by region, whether it begins private, and whether one page may map it. A kernel allows that anyway.
  package func build(
    _ task: TaskPointer, vcpus: Int, regions: Int, provesMmu: Bool,
    kind: (Int) -> (isPrivate: Bool, allowsHuge: Bool)
  ) {
    switch self {
    case .model(let model):
      model.resize(guestPages: UInt64(regions) << 9)
      model.build(task)
      model.kvm.pointee.provesMmu = provesMmu
      model.kvm.pointee.attributes.reset(regions: regions, kind)
    case .kernel(let vm):
      var shared: [Range<Gfn>] = []
      for region in 0..<regions where !kind(region).isPrivate {
        let start = UInt64(region) << 9
        if let last = shared.last, last.upperBound == start {
          shared[shared.count - 1] = last.lowerBound..<(start + 512)
        } else {
          shared.append(start..<(start + 512))
        }
      }
      vm.build(task, vcpus: vcpus, guestPages: UInt64(regions) << 9, shared: shared, provesMmu: provesMmu)
    }
  }

  /// TDH.MR.FINALIZE: from here on pages are added by PAGE.AUG and the guest may run.
  package func finalize(_ task: TaskPointer, _ suite: CheckerSuitePointer) {
    switch self {
    case .model(let model): model.finalize()
    case .kernel(let vm): vm.finalize(task)
    }
    task.drain()
    suite.pointee.premapsPages = false
  }

  /// Nobody races: walks do not yield.
  func beQuiet() {
    if case .kernel(let vm) = self { vm.isQuiet = true }
  }

  /// The race is about to begin.
  func beginRace(_ episode: Episode) {
    guard case .kernel(let vm) = self else { return }
    vm.beginRace(first: episode.threads.map(\.first))
    vm.isQuiet = !episode.mayYield
    vm.tdIsDead = episode.tdIsDead
    vm.lacksInterrupts = episode.lacksInterrupts
  }

  /// Carries out one request on the calling task.
  @inline(__always) func perform(_ task: TaskPointer, _ request: Request) -> Effect {
    switch self {
    case .model(let model): model.perform(task, request)
    case .kernel(let vm): vm.perform(task, request)
    }
  }

  /// The VM's end. No other task may run.
  package func tearDown(_ task: TaskPointer) {
    switch self {
    case .model(let model): model.tearDown(task)
    case .kernel(let vm): vm.tearDown(task)
    }
  }

  /// Runs what the harness does with the subject while nobody races, where a subject may not come back from it.
  /// - Returns: for what it was left, if its code could not go on.
  package func guarded(
    _ argument: UnsafeMutableRawPointer, _ errand: @escaping @convention(c) (UnsafeMutableRawPointer) -> Void
  ) -> CodeFault? {
    switch self {
    case .model:
      errand(argument)
      return nil
    case .kernel(let vm): return vm.guarded(argument, errand)
    }
  }

  /// Runs a thread's part of a race, where a subject may not come back from it.
  /// - Returns: whether it came to its end, and else the fault for which it was left if the run was not over.
  package func racing(
    _ task: TaskPointer, _ argument: UnsafeMutableRawPointer,
    _ errand: @escaping @convention(c) (UnsafeMutableRawPointer) -> Void
  ) -> (isDone: Bool, fault: CodeFault?) {
    switch self {
    case .model:
      errand(argument)
      return (true, nil)
    case .kernel(let vm): return vm.racing(task, argument, errand)
    }
  }
}

// What the checkers look at.
extension VirtualMachine {
  package func beginRound(_ suite: CheckerSuitePointer, guestPages: UInt64) {
    switch self {
    case .model(let model):
      suite.beginRound(
        mirrorRoot: model.kvm.pointee.mirrorRoot, septRoot: model.td.pointee.rootPage,
        directRoots: model.kvm.pointee.roots.words, guestPages: guestPages)
    case .kernel(let vm):
      suite.beginRound(
        mirrorRoot: vm.mirrorRoot, septRoot: vm.septRoot, directRoots: vm.directRootWords,
        sharedBits: vm.sharedBits, guestPages: guestPages)
      suite.pointee.premapsPages = vm.premapsPages
      suite.pointee.recoversByZap = vm.recoversByZap
    }
  }

  package func verifyAtRest(_ suite: CheckerSuitePointer, _ task: TaskPointer) {
    switch self {
    case .model: suite.verifyAtRest(task, directRoot: root(.direct))
    case .kernel(let vm):
      let countsTables = vm.reportStatistics()
      suite.verifyAtRest(task, directRoot: root(.direct), countsTables: countsTables)
      if !task.isHalted { suite.verifyKinds(task, directRoot: root(.direct)) { vm.isPrivate(atRest: $0) } }
      if vm.logsDirty && !task.isHalted {
        suite.verifyDirtyLog(task, directRoot: root(.direct)) { vm.isLoggedDirty($0) }
      }
      if !task.isHalted { vm.audit(task) }
    }
  }

  /// The VM was torn down, and its callbacks have run.
  package func verifyTornDown(_ suite: CheckerSuitePointer, _ task: TaskPointer) {
    suite.verifyTornDown(task)
    if case .kernel(let vm) = self, !task.isHalted { vm.auditTornDown(task) }
  }

  /// Brings a kernel's statistics to where the checkers look for them. The model keeps its own there.
  func reportStatistics() {
    if case .kernel(let vm) = self { _ = vm.reportStatistics() }
  }

  /// The page of a root, 0 for none.
  package func root(_ kind: PageHeader.Kind) -> UInt32 {
    switch (self, kind) {
    case (_, .none): 0
    case (.model(let model), .mirror): model.kvm.pointee.mirrorRoot
    case (.model(let model), .external): model.td.pointee.rootPage
    case (.model(let model), .direct):
      model.kvm.pointee.roots.currentSlot.map { model.kvm.pointee.roots.page($0) } ?? 0
    case (.kernel(let vm), .mirror): vm.mirrorRoot
    case (.kernel(let vm), .external): vm.septRoot
    case (.kernel(let vm), .direct): vm.directRoot
    }
  }

  /// Added to a gfn where the direct root maps it.
  package var sharedBits: Gfn {
    switch self {
    case .model: 0
    case .kernel(let vm): vm.sharedBits
    }
  }

  package func isPrivate(_ gfn: Gfn) -> Bool {
    switch self {
    case .model(let model): model.kvm.pointee.attributes.isPrivate(gfn)
    case .kernel(let vm): vm.isPrivate(atRest: gfn)
    }
  }

  /// The kernel's name of the word at an address; nil for page tables, locks and all that is not the subject's own.
  func name(of address: UnsafeRawPointer) -> String? {
    switch self {
    case .model(let model): model.name(of: address)
    case .kernel(let vm): vm.name(of: address)
    }
  }

  /// Where a kernel's code stands at a task's schedule point, as an offset in its object; 0 where that is not known.
  @inline(__always) func offset(of task: TaskPointer) -> UInt32 {
    switch self {
    case .model: 0
    case .kernel(let vm): vm.offset(of: task)
    }
  }

  /// Where in its own code the subject stands at a task's schedule point; nil where that is no news.
  func place(of task: TaskPointer) -> UnsafeRawPointer? {
    switch self {
    case .model: nil
    case .kernel(let vm): vm.place(of: task)
    }
  }
}
