/// What compilers have made of single files: where a tree is edited, most of its build is as it was.
///
/// Beside the cache of kernels, and like it by content. An entry is written when the build that made it has ended well,
/// so that what went wrong for another reason than the files is not remembered.
import Foundation
import Glibc
import Synchronization

package struct UnitCache: Sendable {
  package enum Kind: String, Sendable {
    case checked, object, notes, preprocessed
  }

  /// More files than so many are too many: those that were not used for the longest time go.
  private static let most = 4_000

  package let folder: URL

  package init(folder: URL = KernelBuilder.defaultCache.deletingLastPathComponent().appendingPathComponent("units")) {
    self.folder = folder
  }

  private func file(_ key: String, _ kind: Kind) -> URL { folder.appendingPathComponent("\(key).\(kind.rawValue)") }

  /// - Returns: nil for what is not there, or is damaged.
  package func read(_ key: String, _ kind: Kind) -> [UInt8]? {
    let file = file(key, kind)
    guard let bytes = KernelStage.contents(file), bytes.count >= Self.headLength else { return nil }
    let content = Array(bytes[Self.headLength...])
    guard bytes[..<Self.headLength].elementsEqual(Self.head(content)) else { return nil }
    utimes(file.path, nil)
    return content
  }

  /// Writes what a build has made. What cannot be written is made again.
  package func write(_ made: UnitResults) {
    let entries = made.entries
    guard !entries.isEmpty, CacheFile.makeFolder(folder) == nil else { return }
    for (index, entry) in entries.enumerated() {
      guard let content = entry.content() else { continue }
      // Renamed into place: whoever reads it finds all of it or nothing.
      let part = folder.appendingPathComponent(".\(getpid())-\(index)-\(entry.key)")
      let isWritten = CacheFile.write(Self.head(content) + content, to: part) == nil
      if !isWritten || rename(part.path, file(entry.key, entry.kind).path) != 0 { unlink(part.path) }
    }
    prune()
  }

  /// Of the content: a machine that went down may have left half of it.
  private static func head(_ content: [UInt8]) -> [UInt8] {
    var hash = ContentHash()
    hash.add(content)
    return Array(hash.text.utf8)
  }

  private static let headLength = 32

  private func prune() {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    guard names.count > Self.most else { return }
    let byAge = names.map { name -> (path: String, time: Int) in
      let path = folder.appendingPathComponent(name).path
      var status = stat()
      return (path, stat(path, &status) == 0 ? status.st_mtim.tv_sec : 0)
    }.sorted { ($0.time, $0.path) < ($1.time, $1.path) }
    for entry in byAge.prefix(names.count - Self.most / 2) { unlink(entry.path) }
  }

  /// Removes all that is there. A link in place of the folder leads to a place that is not the tool's.
  func clean() {
    var status = stat()
    guard lstat(folder.path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return }
    try? FileManager.default.removeItem(at: folder)
  }
}

/// What one build has made of single files, to be kept once it has ended well.
package final class UnitResults: Sendable {
  struct Entry: Sendable {
    var key: String
    var kind: UnitCache.Kind
    var content: @Sendable () -> [UInt8]?
  }

  private let made = Mutex<[Entry]>([])

  package init() {}

  var entries: [Entry] { made.withLock { $0 } }

  package func add(_ key: String, _ kind: UnitCache.Kind, _ content: @escaping @Sendable () -> [UInt8]?) {
    made.withLock { $0.append(Entry(key: key, kind: kind, content: content)) }
  }
}
