/// Whose code an address of a loaded kernel is: for a report's steps, never while a schedule runs.
import CKernelABI
import Foundation
import Synchronization

/// One function at an address, by the user's own file and line.
package struct KernelFrame: Sendable, Equatable {
  package var function: String
  /// Relative to the tree, or to the tool for its own shim.
  package var file: String
  package var line: Int

  /// Of the shim or the glue, not of the kernel.
  package var isTool: Bool { file.hasPrefix("shim/") || file.hasPrefix("glue/") || file.hasPrefix("include/") }
}

package struct KernelSymbols: Sendable {
  private let object: URL
  private let base: UInt

  package init(_ loaded: LoadedKernel) {
    self.init(object: loaded.object, base: UInt(bitPattern: loaded.table.pointee.base))
  }

  init(object: URL, base: UInt) {
    self.object = object
    self.base = base
  }

  /// The functions at each return address, the innermost first, with those that the compiler put into it. Empty where
  /// nothing is known; all are empty on a machine without `addr2line`.
  package func frames(_ addresses: [UInt]) -> [[KernelFrame]] {
    let nothing = [[KernelFrame]](repeating: [], count: addresses.count)
    let log = FileManager.default.temporaryDirectory.appendingPathComponent("stress-symbols-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: log) }
    // The call stands before the address to which it returns.
    let offsets = addresses.map { ($0 &- base &- 1).hex }
    guard !addresses.isEmpty, let program = Subprocess.find("addr2line"),
      let result = Subprocess.run(
        program, ["-a", "-f", "-i", "-e", object.path] + offsets, in: FileManager.default.temporaryDirectory, log: log),
      result.status == 0
    else { return nothing }
    return parse(result.output, count: addresses.count)
  }

  /// The kernel's own function at each address: the first frame that is not the tool's.
  package func functions(_ addresses: [UInt]) -> [KernelFrame?] {
    frames(addresses).map { $0.first { !$0.isTool } }
  }

  /// An address on a line of its own, then two lines a frame: function, file:line.
  private func parse(_ output: String, count: Int) -> [[KernelFrame]] {
    var frames: [[KernelFrame]] = []
    var function: String?
    for line in output.split(separator: "\n") {
      if line.hasPrefix("0x") && function == nil {
        frames.append([])
      } else if let name = function {
        let parts = line.split(separator: " ")[0].split(separator: ":")
        if parts.count == 2, parts[0] != "??", !frames.isEmpty {
          // clang writes names relative to the directory it ran in, gcc does not; a line may be unknown.
          let file = parts[0].split(separator: "/").drop { $0 == "." }.joined(separator: "/")
          frames[frames.count - 1].append(KernelFrame(function: name, file: file, line: Int(parts[1]) ?? 0))
        }
        function = nil
      } else {
        function = String(line)
      }
    }
    return frames.count == count ? frames : [[KernelFrame]](repeating: [], count: count)
  }
}

/// Places that are asked for again and again, as each execution of a kernel that faults does.
final class KernelSymbolCache: Sendable {
  private let symbols: KernelSymbols
  private let known = Mutex<[UInt: [KernelFrame]]>([:])

  init(object: URL, base: UInt) { symbols = KernelSymbols(object: object, base: base) }

  /// The kernel's own function at an instruction.
  func function(at instruction: UInt) -> KernelFrame? { frames(at: instruction).first }

  /// The same, or the one that it was put into by the compiler, if it is one of a header.
  func functionOfSource(at instruction: UInt) -> KernelFrame? {
    let frames = frames(at: instruction)
    return frames.first { $0.file.hasSuffix(".c") } ?? frames.first
  }

  private func frames(at instruction: UInt) -> [KernelFrame] {
    known.withLock { known in
      if let frames = known[instruction] { return frames }
      // The symbols are those of a call before the address.
      let frames = symbols.frames([instruction &+ 1])[0].filter { !$0.isTool }
      known[instruction] = frames
      return frames
    }
  }
}
