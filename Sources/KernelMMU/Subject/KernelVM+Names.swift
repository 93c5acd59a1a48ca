/// What addresses are called: for traces and reports.
import CKernelABI
import Glibc
import Machine

extension UnsafeMutablePointer where Pointee == KernelVM {
  /// The kernel's name of the word at an address; nil for page tables, locks and all that has none.
  package func name(of address: UnsafeRawPointer) -> String? { word(at: address).map { String(cString: $0) } }

  fileprivate func word(at address: UnsafeRawPointer) -> UnsafePointer<CChar>? {
    if pointee.td.isMode(address) { return KernelVM.modeName }
    let raw = UnsafeMutableRawPointer(mutating: address)
    let object = slot(of: raw).map { UnsafeRawPointer(pointee.objects + $0 * KernelVM.objectBytes) }
    return pointee.kernel.pointee.word_name(pointee.state.pointee.world, object, address)
      ?? pointee.variables._withUnsafeGuaranteedRef { $0.text(of: address) }
  }

  /// Where in the kernel's code a task stands at its schedule point; nil if it is not in there.
  package func place(of task: TaskPointer) -> UnsafeRawPointer? {
    guard own(task).pointee.isInKernel, let kernel = own(task).pointee.kernel else { return nil }
    return pointee.kernel.pointee.caller(kernel)
  }

  /// The same as an offset in the kernel's object, which it is in every process; 0 if it is not in there.
  package func offset(of task: TaskPointer) -> UInt32 {
    guard let place = place(of: task) else { return 0 }
    return UInt32(truncatingIfNeeded: UInt(bitPattern: place) &- UInt(bitPattern: pointee.kernel.pointee.base))
  }
}

extension KernelVM {
  /// For good: names are handed out as C strings.
  nonisolated(unsafe) fileprivate static let modeName = UnsafePointer<CChar>(strdup("vcpu->mode"))

  static let wordName: Machine.WordName = { raw, address in
    let machine = raw.assumingMemoryBound(to: Machine.self)
    return machine.pointee.subject?.assumingMemoryBound(to: KernelVM.self).word(at: address)
  }

  static let codePlace: Machine.CodePlace = { raw in
    let task = raw.assumingMemoryBound(to: Task.self)
    return task.pointee.machine.pointee.subject?.assumingMemoryBound(to: KernelVM.self).place(of: task)
  }

  static let isKnownRace: Machine.KnownRace = { raw, writer, reader, word in
    let machine = raw.assumingMemoryBound(to: Machine.self)
    guard let vm = machine.pointee.subject?.assumingMemoryBound(to: KernelVM.self) else { return false }
    return vm.pointee.knownRaces._withUnsafeGuaranteedRef {
      $0.contains(UInt(bitPattern: writer), UInt(bitPattern: reader), word: String(cString: word))
    }
  }
}
