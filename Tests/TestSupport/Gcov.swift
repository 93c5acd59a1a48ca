/// What `gcov` reads and prints, for who compares with it.
import Foundation
import KernelMMU

/// A `.gcda` file, as a program leaves it.
package enum GcovData {
  /// - Returns: the counters of functions, by their number.
  package static func counters(_ bytes: [UInt8]) throws -> [UInt32: ArraySlice<UInt64>] {
    func word(_ place: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << (8 * UInt32($1)) } }
    // Lengths are in bytes, and there is a checksum, since gcc 12: `B2`.
    let isInBytes = bytes[7] > UInt8(ascii: "B") || (bytes[7] == UInt8(ascii: "B") && bytes[6] >= UInt8(ascii: "2"))
    var place = isInBytes ? 16 : 12
    var result: [UInt32: ArraySlice<UInt64>] = [:]
    var ident: UInt32 = 0
    while place + 8 <= bytes.count, word(place) != 0 {
      let (tag, length) = (word(place), Int32(bitPattern: word(place + 4)))
      let size = Int(length.magnitude) * (isInBytes ? 1 : 4)
      place += 8
      if tag == 0x0100_0000 && size > 0 { ident = word(place) }
      if tag == 0x01a1_0000 {
        // Of counters that are all 0 there is only the number.
        result[ident] =
          (0..<size / 8).map { index in
            length < 0 ? 0 : UInt64(word(place + 8 * index)) | UInt64(word(place + 8 * index + 4)) << 32
          }[...]
      }
      place += length < 0 ? 0 : size
    }
    return result
  }

  /// The `.gcda` file of a unit whose counters are in memory.
  /// - Parameter notes: its `.gcno` file, whose head is that of the data.
  package static func file(
    _ functions: [(KernelCoverage.Function, ArraySlice<UInt64>)], notes: [UInt8]
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    func add(_ word: UInt32) { for shift in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: word >> (8 * shift))) } }
    let isInBytes = notes[7] > UInt8(ascii: "B") || (notes[7] == UInt8(ascii: "B") && notes[6] >= UInt8(ascii: "2"))
    let unit: UInt32 = isInBytes ? 4 : 1
    add(0x6763_6461)
    bytes += notes[4..<(isInBytes ? 16 : 12)]
    for (function, counters) in functions {
      for word in [0x0100_0000, 3 * unit, function.ident, function.placeChecksum, function.flowChecksum] { add(word) }
      add(0x01a1_0000)
      add(UInt32(counters.count) * 2 * unit)
      for counter in counters {
        add(UInt32(truncatingIfNeeded: counter))
        add(UInt32(truncatingIfNeeded: counter >> 32))
      }
    }
    add(0)
    return bytes
  }
}

/// What `gcov -t -b -c` prints of a source file.
package struct GcovText {
  package var lines: [Int: UInt64] = [:]
  /// In their order.
  package var branches: [UInt64] = []

  /// By the path that stands in the notes.
  package static func read(_ text: String) -> [String: GcovText] {
    var files: [String: GcovText] = [:]
    var name = ""
    for line in text.split(separator: "\n") {
      if line.hasPrefix("branch ") {
        let words = line.split(separator: " ")
        let count = words.firstIndex(of: "taken").flatMap { UInt64(words[$0 + 1]) } ?? 0
        files[name, default: GcovText()].branches.append(count)
        continue
      }
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
      guard fields.count == 3, let number = Int(fields[1]) else { continue }
      if number == 0, fields[2].hasPrefix("Source:") { name = String(fields[2].dropFirst("Source:".count)) }
      guard number > 0, fields[0] != "-" else { continue }
      files[name, default: GcovText()].lines[number] =
        UInt64(fields[0].trimmingCharacters(in: CharacterSet(charactersIn: "*"))) ?? 0
    }
    return files
  }
}

package enum Gcov {
  /// What it prints. Ends the test that calls it where it does not end with 0.
  package static func run(_ arguments: [String], in folder: URL) throws -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gcov"] + arguments
    process.currentDirectoryURL = folder
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failed(arguments: arguments) }
    return String(decoding: data, as: UTF8.self)
  }

  private struct Failed: Error { var arguments: [String] }
}
