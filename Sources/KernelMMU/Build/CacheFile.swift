/// Writes into the cache that tell why they fail: Foundation's own errors often do not.
import Foundation
import Glibc

enum CacheFile {
  /// Creates or replaces a file and the folders above it.
  /// - Returns: the errno that stopped it.
  static func write(_ bytes: [UInt8], to url: URL) -> Int32? {
    if let failure = makeFolder(url.deletingLastPathComponent()) { return failure }
    let descriptor = open(url.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { return errno }
    var failure: Int32?
    var rest = bytes[...]
    while !rest.isEmpty && failure == nil {
      let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if written >= 0 { rest = rest.dropFirst(written) } else if errno != EINTR { failure = errno }
    }
    // Some file systems find out here that there is no room.
    if close(descriptor) != 0 && failure == nil { failure = errno }
    return failure
  }

  /// Creates a folder and those above it. One that is there already is as good.
  static func makeFolder(_ url: URL) -> Int32? {
    if mkdir(url.path, 0o777) == 0 { return nil }
    let failure = errno
    if failure == ENOENT && url.path != "/" {
      if let above = makeFolder(url.deletingLastPathComponent()) { return above }
      return mkdir(url.path, 0o777) == 0 || errno == EEXIST ? nil : errno
    }
    var status = stat()
    let isFolder = stat(url.path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    return isFolder ? nil : failure == EEXIST ? ENOTDIR : failure
  }
}
