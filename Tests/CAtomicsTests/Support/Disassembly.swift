/// The machine code of one function of the running test binary, as a disassembler prints it.
import Foundation
import Testing

struct Disassembly {
  /// One instruction a line, blanks folded: `lock cmpxchg %rcx,(%rdx)`.
  let text: String

  /// The straight way from the entry to the first return: what runs while the backend does not want control. The
  /// compiler may keep a second copy of the access behind the schedule point's call.
  var fastPath: Disassembly {
    let end = text.firstRange(of: /(?m)^retq?$/)?.upperBound ?? text.endIndex
    return Disassembly(text: String(text[..<end]))
  }

  private init(text: String) { self.text = text }

  /// - Parameter function: a name that stands in one symbol of this test target alone.
  init(of function: String) throws {
    let tool = try #require(
      Self.tool, "neither objdump (Debian: binutils) nor the Swift toolchain's llvm-objdump was found")
    let symbol = try #require(
      try Self.symbols.get().first { $0.contains("\(function.utf8.count)\(function)") },
      "no symbol of \(function) in \(Self.binary)")
    let fields = symbol.split(whereSeparator: \.isWhitespace)
    let start = try #require(fields.first.flatMap { UInt64($0, radix: 16) })
    let size = try #require(
      fields.firstIndex(of: ".text").flatMap { UInt64(fields[fields.index(after: $0)], radix: 16) })
    let listing = try Self.output(
      tool, ["-d", "--no-show-raw-insn", "--start-address=\(start)", "--stop-address=\(start + size)", Self.binary])
    text = listing.split(separator: "\n").compactMap { line -> String? in
      // Instructions stand behind `address:`, whatever comes before the first is heading.
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, UInt64(parts[0].trimmingCharacters(in: .whitespaces), radix: 16) != nil else {
        return nil
      }
      return parts[1].split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }.joined(separator: "\n")
    try #require(!text.isEmpty, "\(tool) printed no instruction of \(function)")
  }

  func count(_ instruction: Regex<Substring>) -> Int { text.matches(of: instruction.anchorsMatchLineEndings()).count }

  private static let binary = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path

  /// The functions of this target as lines ADDRESS FLAGS SECTION SIZE NAME: the binary has a hundred thousand others.
  private static let symbols = Result {
    try output(#require(tool), ["--syms", binary]).split(separator: "\n")
      .filter { $0.contains("CAtomicsTests") && $0.hasSuffix("F") }
  }

  private static let tool: String? = {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    func find(_ name: String) -> String? {
      folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }
    let toolchain = find("swift").map {
      URL(fileURLWithPath: $0).resolvingSymlinksInPath().deletingLastPathComponent()
        .appendingPathComponent("llvm-objdump").path
    }
    return [find("objdump"), toolchain, find("llvm-objdump")].compactMap { $0 }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  private static func output(_ tool: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: tool)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(tool) ended with status \(process.terminationStatus)")
    return String(decoding: data, as: UTF8.self)
  }
}
