/// Why a fiber was left in the middle of its code.
import CFibers

@usableFromInline package struct CodeFault: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    case stackOverflow
    /// What the processor's exception became.
    case signal(Int32)
    /// The processor was busy for long without a step.
    case hang
  }

  package var kind: Kind
  /// What was accessed, where the processor says so.
  package var address: UInt?
  /// Where foreign code stood; nil where that is not known.
  package var instruction: UInt?
  /// `instruction` is where a call would have returned to.
  package var isReturnAddress: Bool
  /// `address` is where it jumped to, and no code is there.
  package var isJump: Bool

  /// - Returns: nil if there was no fault.
  package init?(_ fault: fiber_fault) {
    switch fiber_fault_kind(fault.kind) {
    case FIBER_STACK_OVERFLOW: kind = .stackOverflow
    case FIBER_SIGNAL: kind = .signal(fault.signal)
    case FIBER_HANG: kind = .hang
    default: return nil
    }
    address = fault.has_address ? fault.address : nil
    instruction = fault.instruction == 0 ? nil : fault.instruction
    isReturnAddress = fault.is_return_address
    isJump = fault.is_jump
  }
}

/// Code that is not the tool's and may fault or loop: a fiber that does is left.
package struct ForeignCode: Sendable, Equatable {
  /// What foreign code may use of the processor without passing a schedule point, in nanoseconds.
  package static let hangLimit: UInt64 = 1_000_000_000

  package let code: fiber_foreign
  package var hangLimit: UInt64

  /// - Parameters:
  ///   - address: of anything in the loaded object that holds the code.
  ///   - hangLimit: in nanoseconds of the processor's time, 0 for none.
  package init(at address: UnsafeRawPointer, hangLimit: UInt64 = Self.hangLimit) {
    code = fiber_foreign_of(address)
    self.hangLimit = hangLimit
  }

  package static func == (left: ForeignCode, right: ForeignCode) -> Bool {
    left.code.start == right.code.start && left.code.end == right.code.end && left.hangLimit == right.hangLimit
  }
}

extension ForeignCode {
  /// Has the fibers that lead to `exit` watched.
  /// - Parameter tasks: whose steps are their progress.
  package func watch(_ exit: UnsafeMutablePointer<fiber_exit>, _ machine: MachinePointer, tasks: Range<Int>) {
    exit.pointee.foreign = code
    // A schedule point is a task's first field, its countdown the first of that.
    exit.pointee.progress = UnsafeRawPointer(machine.pointee.tasks + tasks.lowerBound)
      .assumingMemoryBound(to: UnsafePointer<Int64>?.self)
    exit.pointee.progress_count = UInt32(tasks.count)
    exit.pointee.hang_limit = hangLimit
  }
}

extension ForeignCode {
  /// The note that stands in some memory, nil where nothing was noted.
  package static func noted(at memory: UnsafeRawPointer) -> CodeFault? {
    CodeFault(memory.loadUnaligned(as: fiber_fault.self))
  }

  /// Has a fault of the code that ends the process noted before it does.
  /// - Parameter memory: of a `fiber_fault`, zeroed and aligned to 16; for good.
  package func note(at memory: UnsafeMutableRawPointer) {
    fiber_faults_note(code, memory.bindMemory(to: fiber_fault.self, capacity: 1))
  }
}
