/// The kernels that were built: what there is of them, and how to be rid of them.
import Foundation
import Glibc

package struct KernelCache: Sendable {
  package let root: URL

  package init(root: URL = KernelBuilder.defaultCache) { self.root = root }

  private var units: UnitCache { UnitCache(folder: root.deletingLastPathComponent().appendingPathComponent("units")) }

  /// A kernel in the cache.
  package struct Entry: Sendable, Equatable {
    package var key: String
    /// Nil if no note stands beside it.
    package var version: String?
    package var compiler: String?
    package var plainAccesses: Bool
    /// As records and tokens have it.
    package var tree: String?
    package var bytes: UInt64
  }

  package struct Contents: Sendable, Equatable {
    /// By version, then by key.
    package var kernels: [Entry] = []
    /// Directories of builds that go on in other processes.
    package var builds: [String] = []
    /// Directories of builds that were killed.
    package var remains: [String] = []
    /// What the tool did not put there.
    package var others: [String] = []
  }

  package func contents() throws(KernelCacheError) -> Contents {
    try check()
    var contents = Contents()
    for name in (try names()).sorted() {
      let url = root.appendingPathComponent(name)
      guard Self.kind(url) == .directory else {
        contents.others.append(name)
        continue
      }
      if let owner = KernelStage.owner(of: name) {
        if KernelStage.isAlive(owner) { contents.builds.append(name) } else { contents.remains.append(name) }
      } else if ContentHash.isText(name) {
        let note = CacheNote(in: url)
        contents.kernels.append(
          Entry(
            key: name, version: note?.version, compiler: note?.compiler, plainAccesses: note?.plainAccesses ?? false,
            tree: note?.tree, bytes: Self.bytes(below: url)))
      } else {
        contents.others.append(name)
      }
    }
    contents.kernels.sort { ($0.version ?? "", $0.key) < ($1.version ?? "", $1.key) }
    return contents
  }

  /// Removes kernels, what killed builds left and what is known of single files. Builds that go on and what is not the
  /// tool's stay.
  /// - Returns: what was there.
  package func clean() throws(KernelCacheError) -> Contents {
    let contents = try contents()
    units.clean()
    for name in contents.kernels.map(\.key) + contents.remains {
      // Renamed first: an entry is whole or not there, even if this process is killed.
      let doomed = root.appendingPathComponent(".building-\(getpid())-\(name.suffix(32))")
      guard rename(root.appendingPathComponent(name).path, doomed.path) == 0 else {
        // Another process was faster.
        if errno == ENOENT { continue }
        throw .unusable(path: root.path, reason: String(cString: strerror(errno)))
      }
      do {
        try FileManager.default.removeItem(at: doomed)
      } catch {
        throw .unusable(path: doomed.path, reason: "it cannot be removed")
      }
    }
    return contents
  }

  /// A link in place of the folder leads to a place that is not the tool's.
  private func check() throws(KernelCacheError) {
    var status = stat()
    if lstat(root.path, &status) != 0, errno != ENOENT {
      throw .unusable(path: root.path, reason: String(cString: strerror(errno)))
    }
    switch Self.kind(root) {
    case .directory, .nothing: break
    case .link: throw .notItsOwn(path: root.path, reason: "it is a link to another place")
    case .other: throw .notItsOwn(path: root.path, reason: "it is no folder")
    }
  }

  private func names() throws(KernelCacheError) -> [String] {
    guard Self.kind(root) != .nothing else { return [] }
    do {
      return try FileManager.default.contentsOfDirectory(atPath: root.path)
    } catch {
      throw .unusable(path: root.path, reason: "it cannot be read")
    }
  }

  private enum Kind { case directory, link, other, nothing }

  private static func kind(_ url: URL) -> Kind {
    var status = stat()
    guard lstat(url.path, &status) == 0 else { return .nothing }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: return .directory
    case S_IFLNK: return .link
    default: return .other
    }
  }

  private static func bytes(below url: URL) -> UInt64 {
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: url.path)) ?? []
    return names.reduce(0) { sum, name in
      var status = stat()
      guard lstat(url.appendingPathComponent(name).path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        return sum
      }
      return sum + UInt64(status.st_size)
    }
  }
}

/// Why the cache was left alone. One sentence for the user.
package enum KernelCacheError: Error, Equatable, CustomStringConvertible {
  /// Nothing is removed there.
  case notItsOwn(path: String, reason: String)
  case unusable(path: String, reason: String)

  package var description: String {
    switch self {
    case .notItsOwn(let path, let reason): "the cache \(path) is left alone: \(reason)"
    case .unusable(let path, let reason): "the cache \(path) cannot be used: \(reason)"
    }
  }
}
