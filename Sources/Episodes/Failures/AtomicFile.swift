/// Files that are there as a whole or not at all, on a full disk and after a kill too.
import Foundation

package enum AtomicFile {
  package struct Failure: Error {
    package let reason: String
    /// The errno, 0 where it is none.
    package let code: Int32

    init(_ reason: String) { (self.reason, code) = (reason, 0) }
    init(code: Int32) { (reason, self.code) = (String(cString: strerror(code)), code) }
  }

  /// Creates a directory and those above it. One that is there is left as it is.
  package static func createDirectory(_ path: String) throws(Failure) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: true)
    var current = path.hasPrefix("/") ? "" : "."
    for part in parts {
      current += "/\(part)"
      if mkdir(current, 0o777) != 0 && errno != EEXIST {
        let code = errno
        // Above the working directory it may be forbidden to create what is there already.
        if !isDirectory(current) { throw Failure(code: code) }
      }
    }
    guard isDirectory(current) else { throw Failure(code: ENOTDIR) }
  }

  private static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  private static let createNew = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC

  /// In the same directory, as a rename does not cross file systems.
  private static func temporaryName(beside path: String) -> String {
    let suffix = String(UInt64.random(in: .min ... .max), radix: 36)
    return "\(directory(of: path))/.stress-\(getpid())-\(suffix)"
  }

  /// Whether a file can be put there; changes nothing.
  package static func probe(_ path: String) throws(Failure) {
    let temporary = temporaryName(beside: path)
    try fill(temporary, flags: createNew, [])
    unlink(temporary)
  }

  /// Writes a file of this content, in place of one that may be there.
  /// - Parameter mode: its permissions, those of a new file if nil.
  package static func replace(_ path: String, mode: mode_t? = nil, _ bytes: [UInt8]) throws(Failure) {
    let temporary = temporaryName(beside: path)
    do throws(Failure) {
      try fill(temporary, flags: createNew, mode: mode, bytes)
      guard rename(temporary, path) == 0 else { throw Failure(code: errno) }
    } catch {
      unlink(temporary)
      throw error
    }
    // The file is in place; where its name cannot be made durable, that is no failure.
    let descriptor = open(directory(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  /// Opens, writes, makes durable and closes; any of them may be the one that finds the disk full.
  package static func fill(_ path: String, flags: Int32, mode: mode_t? = nil, _ bytes: [UInt8]) throws(Failure) {
    let descriptor = open(path, flags, 0o666)
    guard descriptor >= 0 else { throw Failure(code: errno) }
    var code: Int32 = 0
    var written = 0
    while written < bytes.count && code == 0 {
      let count = bytes.withUnsafeBytes {
        write(descriptor, $0.baseAddress.map { $0 + written }, bytes.count - written)
      }
      if count > 0 { written += count } else if count == 0 || errno != EINTR { code = count == 0 ? EIO : errno }
    }
    if code == 0, let mode, fchmod(descriptor, mode) != 0 { code = errno }
    // A device or pipe has nothing to make durable and says so with EINVAL.
    if code == 0, fsync(descriptor) != 0, errno != EINVAL, errno != EROFS { code = errno }
    if close(descriptor) != 0, code == 0 { code = errno }
    if code != 0 { throw Failure(code: code) }
  }

  /// The content of a file, or of a pipe up to its end.
  /// - Parameter limit: in bytes; more is a failure.
  package static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Failure(code: errno) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = buffer.withUnsafeMutableBytes { Foundation.read(descriptor, $0.baseAddress, $0.count) }
      if count == 0 { return bytes }
      if count < 0 {
        if errno == EINTR { continue }
        throw Failure(code: errno)
      }
      bytes += buffer[..<count]
      if bytes.count > limit { throw Failure("it is larger than \(limit) bytes") }
    }
  }

  private static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
