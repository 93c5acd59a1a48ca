/// Whose code an address of a loaded kernel is: for a report's steps, never while a schedule runs.
import CKernelABI
import Foundation

/// One function at an address, by the user's own file and line.
public struct KernelFrame: Sendable, Equatable {
  public var function: String
  /// Relative to the tree, or to the tool for its own shim.
  public var file: String
  public var line: Int

  /// Of the shim or the glue, not of the kernel.
  public var isTool: Bool { file.hasPrefix("shim/") || file.hasPrefix("glue/") || file.hasPrefix("include/") }
}

public struct KernelSymbols: Sendable {
  private let object: URL
  private let base: UInt

  public init(_ loaded: LoadedKernel) { self.init(loaded.object, base: loaded.table.pointee.base) }

  init(_ object: URL, base: UnsafeRawPointer?) {
    self.object = object
    self.base = UInt(bitPattern: base)
  }

  /// The functions at each return address, the innermost first, with those that the compiler put into it. Empty where
  /// nothing is known; all are empty on a machine without `addr2line`.
  public func frames(_ addresses: [UInt]) -> [[KernelFrame]] {
    let nothing = [[KernelFrame]](repeating: [], count: addresses.count)
    let log = FileManager.default.temporaryDirectory.appendingPathComponent("stress-symbols-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: log) }
    // The call stands before the address to which it returns.
    let offsets = addresses.map { "0x" + String($0 &- base &- 1, radix: 16) }
    guard !addresses.isEmpty, let program = Subprocess.find("addr2line"),
      let result = Subprocess.run(
        program, ["-a", "-f", "-i", "-e", object.path] + offsets, in: FileManager.default.temporaryDirectory, log: log),
      result.status == 0
    else { return nothing }
    return parse(result.output, count: addresses.count)
  }

  /// The kernel's own function at each address: the first frame that is not the tool's.
  public func functions(_ addresses: [UInt]) -> [KernelFrame?] {
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
