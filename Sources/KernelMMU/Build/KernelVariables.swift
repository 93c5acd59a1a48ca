/// What the variables of a kernel's files are called, by where they stand: from the object's own symbol table.
import Foundation
import Synchronization

final class KernelVariables: Sendable {
  private struct Variable {
    var offset: UInt64
    var bytes: UInt64
    var name: String
  }

  private let object: URL
  private let base: UInt
  /// Read when the first name is asked for, ascending.
  private let table = Mutex<[Variable]?>(nil)
  /// Names that were handed out, for good.
  private let texts = Mutex<[UInt: Text]>([:])

  private struct Text: @unchecked Sendable {
    let start: UnsafePointer<CChar>
  }

  init(object: URL, base: UInt) {
    self.object = object
    self.base = base
  }

  /// Its name, and how far behind its beginning the address stands; nil for what is no variable.
  func name(of address: UnsafeRawPointer) -> String? {
    let offset = UInt64(UInt(bitPattern: address) &- base)
    return table.withLock { table in
      let variables = table ?? Self.read(object)
      table = variables
      guard let variable = variables.last(where: { $0.offset <= offset }), offset - variable.offset < variable.bytes
      else { return nil }
      return offset == variable.offset
        ? variable.name : "\(variable.name)+\((offset - variable.offset).hex)"
    }
  }

  /// The same as a C string that is never freed.
  func text(of address: UnsafeRawPointer) -> UnsafePointer<CChar>? {
    let key = UInt(bitPattern: address)
    if let known = texts.withLock({ $0[key] }) { return known.start }
    guard let name = name(of: address), let copy = strdup(name) else { return nil }
    let text = Text(start: UnsafePointer(copy))
    texts.withLock { $0[key] = text }
    return text.start
  }

  /// The data symbols of a 64-bit object; none of a file that is none.
  private static func read(_ object: URL) -> [Variable] {
    guard let data = try? Data(contentsOf: object) else { return [] }
    return data.withUnsafeBytes { file in
      func load<Word: FixedWidthInteger>(_ offset: Int, _: Word.Type) -> Word? {
        offset >= 0 && offset + MemoryLayout<Word>.size <= file.count
          ? file.loadUnaligned(fromByteOffset: offset, as: Word.self) : nil
      }
      func word(_ offset: Int) -> Int? { load(offset, UInt64.self).flatMap { Int(exactly: $0) } }
      guard let sections = word(40), let size = load(58, UInt16.self), let count = load(60, UInt16.self) else {
        return []
      }
      func section(_ index: Int) -> Int { sections + index * Int(size) }
      var variables: [Variable] = []
      for index in 0..<Int(count) where load(section(index) + 4, UInt32.self) == 2 {
        guard let start = word(section(index) + 24), let bytes = word(section(index) + 32),
          let link = load(section(index) + 40, UInt32.self), let names = word(section(Int(link)) + 24)
        else { continue }
        for symbol in stride(from: start, to: start + bytes, by: 24) {
          // A data object that is defined here.
          guard let info = load(symbol + 4, UInt8.self), info & 15 == 1, load(symbol + 6, UInt16.self) ?? 0 != 0,
            let value = load(symbol + 8, UInt64.self), let length = load(symbol + 16, UInt64.self), length > 0,
            let name = load(symbol, UInt32.self)
          else { continue }
          let text = file.dropFirst(names + Int(name)).prefix { $0 != 0 }
          // Compilers number what is static in a function, each in its own way.
          let whole = String(decoding: text, as: UTF8.self)
          variables.append(
            Variable(offset: value, bytes: length, name: whole.split(separator: ".").first.map(String.init) ?? whole))
        }
      }
      return variables.sorted { ($0.offset, $0.name) < ($1.offset, $1.name) }
    }
  }
}
