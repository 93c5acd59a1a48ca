/// The failing seed survives anything: what identifies a run stands in a mapped file from before its first round on.
///
/// `.stress/runs/PID.txt`, or the same in the folder that stands for it inside a kernel tree, holds one command that
/// runs the current round again. Removed when the run ends by itself; a crash or a kill leaves it behind.
import Episodes
import Foundation

struct RunState {
  private static let directory = "\(StateFolder.current)/runs"
  private static let length = 4096
  private static let digits = 20

  let path: String
  private let memory: UnsafeMutableRawPointer
  private var roundOffset: Int
  /// Of the file. What is mapped is more, and none of it once the file ends.
  private var bytes: Int

  /// - Parameters:
  ///   - command: the command that runs one round again, with the round left out at its end.
  ///   - name: of the file, `.txt` left out.
  /// - Throws: a message that says what could not be written and why.
  init(command: String, name: String) throws(RunStateError) {
    let directory = Self.directory
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    } catch {
      throw RunStateError(message: "cannot create \(directory)")
    }
    path = "\(directory)/\(name).txt"
    guard let bytes = Self.content(command) else { throw RunStateError(message: "the command is too long for \(path)") }
    self.bytes = bytes.count
    roundOffset = Self.roundOffset(command)

    let file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw RunStateError(message: "cannot open \(path): \(String(cString: strerror(errno)))") }
    defer { _ = Foundation.close(file) }
    // Every byte is written before the file is mapped: on a full disk this fails here, and not as SIGBUS later.
    guard bytes.withUnsafeBytes({ write(file, $0.baseAddress, $0.count) }) == bytes.count, fsync(file) == 0 else {
      let reason = String(cString: strerror(errno))
      unlink(path)
      throw RunStateError(message: "cannot write \(path): \(reason)")
    }
    guard let memory = mmap(nil, Self.length, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), memory != MAP_FAILED else {
      throw RunStateError(message: "cannot map \(path): \(String(cString: strerror(errno)))")
    }
    self.memory = memory
  }

  /// Of a run that is the only one of its process.
  static var processName: String { "\(getpid())" }

  private static func head(_ command: String) -> String {
    "# A stress run that has not ended, or was killed. This runs its last round again:\n\(command) "
  }

  private static func roundOffset(_ command: String) -> Int { head(command).utf8.count }

  /// All bytes of the file, for round 0; nil for a command that does not fit.
  private static func content(_ command: String) -> [UInt8]? {
    let bytes = Array(head(command).utf8) + Array(repeating: UInt8(ascii: "0"), count: digits) + [UInt8(ascii: "\n")]
    return bytes.count <= length ? bytes : nil
  }

  /// Puts another command in the place of the last, for its round 0. One that does not fit changes nothing.
  mutating func restart(command: String) {
    // Within one page, which the file has already: nothing has to be found on the disk.
    guard let bytes = Self.content(command), truncate(path, max(bytes.count, self.bytes)) == 0 else { return }
    memory.copyMemory(from: bytes, byteCount: bytes.count)
    truncate(path, bytes.count)
    self.bytes = bytes.count
    roundOffset = Self.roundOffset(command)
  }

  /// Notes that `round` begins. A store to mapped memory: it outlives the process from then on.
  func begin(round: UInt64) {
    var rest = round
    for position in stride(from: Self.digits - 1, through: 0, by: -1) {
      memory.storeBytes(of: UInt8(ascii: "0") + UInt8(rest % 10), toByteOffset: roundOffset + position, as: UInt8.self)
      rest /= 10
    }
  }

  /// The command that runs again what a process that was killed had under way; nil if it has left none.
  static func command(of process: Int32) -> String? {
    guard let bytes = try? AtomicFile.read("\(directory)/\(process).txt", limit: length) else { return nil }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { !$0.hasPrefix("#") }.map(String.init)
  }

  /// Removes what a run has kept, for a caller that tells of the failure itself.
  static func removeKept(_ name: String) { unlink("\(directory)/\(name).txt") }

  func close(keep: Bool) {
    munmap(memory, Self.length)
    if !keep { unlink(path) }
  }
}

struct RunStateError: Error {
  let message: String
}
