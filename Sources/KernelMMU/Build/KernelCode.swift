/// What of a built kernel is run, without what only a debugger reads: kernels of two trees that differ in nothing else
/// are one.
import Foundation

extension BuiltKernel {
  /// Names the contents of the sections that are loaded. Nil for what is no 64-bit object.
  package var code: String? {
    guard let data = try? Data(contentsOf: object) else { return nil }
    return data.withUnsafeBytes { file -> String? in
      func load<Word: FixedWidthInteger>(_ offset: Int, _: Word.Type) -> Word? {
        offset >= 0 && offset + MemoryLayout<Word>.size <= file.count
          ? file.loadUnaligned(fromByteOffset: offset, as: Word.self) : nil
      }
      func word(_ offset: Int) -> Int? { load(offset, UInt64.self).flatMap { Int(exactly: $0) } }
      guard let sections = word(40), let size = load(58, UInt16.self), let count = load(60, UInt16.self) else {
        return nil
      }
      var hash = ContentHash()
      for index in 0..<Int(count) {
        let head = sections + index * Int(size)
        guard let type = load(head + 4, UInt32.self), let flags = word(head + 8), let address = word(head + 16),
          let start = word(head + 24), let bytes = word(head + 32)
        else { return nil }
        guard flags & Self.isLoaded != 0 else { continue }
        let hasContent = type != Self.hasNoBytes
        guard !hasContent || start + bytes <= file.count else { return nil }
        hash.add("\(type) \(address) \(bytes)", hasContent ? Array(file[start..<start + bytes]) : [])
      }
      return hash.text
    }
  }

  private static let isLoaded = 2
  private static let hasNoBytes: UInt32 = 8
}
