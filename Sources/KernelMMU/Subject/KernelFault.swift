/// Kernel code that could not go on, as a broken rule: which, and in the words of a kernel's own report.
import CKernelABI
import Glibc
import Machine

extension UnsafeMutablePointer where Pointee == KernelVM {
  /// Reports that `task` was left in the middle of the kernel's code. What the tasks have told is read first: it may be
  /// the cause.
  package func report(_ fault: CodeFault, of task: TaskPointer, _ loaded: LoadedKernel) {
    let passed = pointee.kernel.pointee.caller(own(task).pointee.kernel).map { UInt(bitPattern: $0) &- 1 }
    let last =
      passed.flatMap { loaded.symbols.functionOfSource(at: $0) }.map { ", its last schedule point at \($0.place)" }
      ?? ""
    let (checker, expected, seen): (CheckerID, String, String) =
      switch fault.kind {
      case .hang:
        // Where in its loop it was met is chance: a report has nothing of that.
        (.hang1, "the next schedule point, or the end of the operation", "the processor is busy and none comes\(last)")
      case .stackOverflow:
        (.oops1, "a stack of \(FiberScheduler.stackKiB) KiB is enough", "the stack is used up\(last)")
      case .signal(let number):
        (
          .oops1, "the kernel's code runs to its end",
          Self.name(of: number) + Self.access(fault)
            + (Self.place(of: fault, loaded) ?? ", in no code at all\(last)")
        )
      }
    task.violationAfterDrain(
      checker, gfn: own(task).pointee.gfn, level: 0, expected: expected, seen: seen)
  }

  /// Where the kernel's code stood, behind a comma or a blank; nil if it is not known.
  package static func place(of fault: CodeFault, _ loaded: LoadedKernel) -> String? {
    guard let instruction = fault.instruction else { return nil }
    let frame = loaded.symbols.function(at: fault.isReturnAddress ? instruction &- 1 : instruction)
    let prefix = fault.isReturnAddress && !fault.isJump ? ", called" : ""
    return "\(prefix) at \(frame?.place ?? "an unknown place of the kernel's code")"
  }

  private static func name(of signal: Int32) -> String {
    switch signal {
    case SIGSEGV: "SIGSEGV"
    case SIGBUS: "SIGBUS"
    case SIGILL: "SIGILL, an invalid instruction"
    case SIGFPE: "SIGFPE, such as a division by zero"
    case SIGTRAP: "SIGTRAP"
    default: "signal \(signal)"
    }
  }

  /// Addresses of this process differ from run to run, and a report does not: only those that no process has are told.
  private static func access(_ fault: CodeFault) -> String {
    guard fault.kind == .signal(SIGSEGV) || fault.kind == .signal(SIGBUS) else { return "" }
    guard let address = fault.address else {
      return ", access to an address that none can have, such as a poisoned one"
    }
    let digits = address.hex
    if fault.isJump { return address < 1 << 32 ? ", jump to address \(digits)" : ", jump to where no code is" }
    if address < 1 << 16 { return ", NULL pointer dereference, address \(digits)" }
    if address < 1 << 32 { return ", access to address \(digits)" }
    return ", access to memory that is not there, or not to be accessed so"
  }
}

extension KernelFrame {
  fileprivate var place: String { "\(file):\(line), \(function)()" }
}
