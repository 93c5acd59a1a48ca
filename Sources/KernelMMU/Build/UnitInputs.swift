/// What a compiler may read of a build when it is given one of its files, as a name: where that is the same, so is what
/// the compiler says and makes.
///
/// More is taken to be read than is: whatever an `#include` may mean in any folder, under any condition. A file that
/// includes by a macro may read everything.
import Foundation
import Synchronization

package final class UnitInputs: Sendable {
  /// A folder whose path is another one in each build, and what stands for it.
  struct Place: Sendable {
    var path: String
    var name: String
  }

  private struct File {
    var hash: String
    /// What may be included; nil if that cannot be told.
    var includes: [Int]?
  }

  /// By what they may be included as.
  private let byName: [String: [Int]]
  private let paths: [String]
  /// The same with the names of places.
  private let names: [String]
  private let numbers: [String: Int]
  private let places: [Place]

  private struct State {
    var files: [File?]
    /// By the files that the compiler is given.
    var closures: [[String]: String] = [:]
  }
  private let state: Mutex<State>

  /// - Parameters:
  ///   - places: in which all files are.
  ///   - folders: in which the compiler looks for what is included. Quoted names are looked for in all of them as well:
  ///     more than the compiler does.
  init(places: [Place], folders: [String]) {
    self.places = places
    var paths: [String] = []
    for place in places {
      paths += (FileManager.default.subpaths(atPath: place.path) ?? []).map { "\(place.path)/\($0)" }
    }
    paths = paths.filter { $0.hasSuffix(".h") || $0.hasSuffix(".c") }.sorted()
    var byName: [String: [Int]] = [:]
    for (number, path) in paths.enumerated() {
      for folder in folders where path.hasPrefix(folder + "/") {
        byName[String(path.dropFirst(folder.count + 1)), default: []].append(number)
      }
    }
    self.paths = paths
    self.byName = byName
    names = paths.map { path in
      places.first { path.hasPrefix($0.path + "/") }.map { $0.name + path.dropFirst($0.path.count) } ?? path
    }
    numbers = Dictionary(paths.enumerated().map { ($1, $0) }) { first, _ in first }
    state = Mutex(State(files: Array(repeating: nil, count: paths.count)))
  }

  /// - Parameters:
  ///   - roots: the files that the compiler is given.
  ///   - words: what it is told besides, with the names of places in the place of their paths.
  func key(roots: [String], words: [String]) -> String {
    var hash = ContentHash()
    for word in words { hash.add(word, []) }
    hash.add(closure(roots).utf8)
    return hash.text
  }

  /// A text with the names of places in the place of their paths.
  func named(_ text: String) -> String {
    places.reduce(text) { $0.replacingOccurrences(of: $1.path, with: $1.name) }
  }

  /// The same backwards.
  func placed(_ text: String) -> String {
    places.reversed().reduce(text) { $0.replacingOccurrences(of: $1.name, with: $1.path) }
  }

  /// The names and contents of all that may be read.
  private func closure(_ roots: [String]) -> String {
    state.withLock { state in
      if let known = state.closures[roots] { return known }
      var hash = ContentHash()
      for number in reached(roots.map { numbers[$0] }, &state.files) {
        hash.add(names[number], Array((state.files[number]?.hash ?? "").utf8))
      }
      state.closures[roots] = hash.text
      return hash.text
    }
  }

  private func reached(_ roots: [Int?], _ files: inout [File?]) -> [Int] {
    let all = Array(paths.indices)
    var seen = Set(roots.compactMap { $0 })
    var waiting = Array(seen)
    var isOpen = roots.contains(nil)
    while let number = waiting.popLast() {
      guard let includes = read(number, &files).includes else {
        isOpen = true
        continue
      }
      for other in includes where seen.insert(other).inserted { waiting.append(other) }
    }
    guard isOpen else { return seen.sorted() }
    for number in all { _ = read(number, &files) }
    return all
  }

  private func read(_ number: Int, _ files: inout [File?]) -> File {
    if let known = files[number] { return known }
    let path = paths[number]
    let bytes = KernelStage.contents(URL(fileURLWithPath: path)) ?? []
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    var hash = ContentHash()
    hash.add(bytes)
    // A name with a step upwards in it is one that is not looked for.
    let includes = Self.includes(bytes).flatMap { names in
      names.contains { $0.contains("..") || $0.hasPrefix("/") || $0.contains("./") }
        ? nil
        : names.flatMap { name in (byName[name] ?? []) + (numbers["\(folder)/\(name)"].map { [$0] } ?? []) }
    }
    let file = File(hash: hash.text, includes: includes)
    files[number] = file
    return file
  }

  /// The names behind `#include`, wherever that stands; nil if one is not written out.
  package static func includes(_ bytes: [UInt8]) -> [String]? {
    var names: [String] = []
    var index = 0
    func skipBlanks() {
      while index < bytes.count, bytes[index] == UInt8(ascii: " ") || bytes[index] == UInt8(ascii: "\t") { index += 1 }
    }
    func take(_ word: StaticString) -> Bool {
      let word = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
      guard bytes[index...].starts(with: word) else { return false }
      index += word.count
      return true
    }
    while let sign = bytes[index...].firstIndex(of: CByte.hash) {
      index = sign + 1
      skipBlanks()
      if take("embed") { return nil }
      guard take("include") else { continue }
      skipBlanks()
      let close: UInt8
      if take("<") { close = UInt8(ascii: ">") } else if take("\"") { close = UInt8(ascii: "\"") } else { return nil }
      guard let end = bytes[index...].firstIndex(where: { $0 == close || $0 == CByte.newline }), bytes[end] == close
      else { return nil }
      names.append(String(decoding: bytes[index..<end], as: UTF8.self))
      index = end
    }
    return names
  }
}
