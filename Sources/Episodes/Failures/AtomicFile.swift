/// Files that are there as a whole or not at all, on a full disk and after a kill too.
import Foundation

package enum AtomicFile {
  package struct Failure: Error {
    package let reason: String

    init(_ reason: String) { self.reason = reason }
    init(code: Int32) { reason = String(cString: strerror(code)) }
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

  /// Writes a file of this content, in place of one that may be there.
  package static func replace(_ path: String, _ bytes: [UInt8]) throws(Failure) {
    // In the same directory, as a rename does not cross file systems.
    let suffix = String(UInt64.random(in: .min ... .max), radix: 36)
    let temporary = "\(directory(of: path))/.stress-\(getpid())-\(suffix)"
    do throws(Failure) {
      try fill(temporary, flags: O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, bytes)
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
  package static func fill(_ path: String, flags: Int32, _ bytes: [UInt8]) throws(Failure) {
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
