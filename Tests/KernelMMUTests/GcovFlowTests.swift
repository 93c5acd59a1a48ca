/// Counts of lines and branches are those of `gcov`, of a program of which all is known.
import Foundation
import KernelMMU
import TestSupport
import Testing

@Suite struct GcovFlowTests {
  /// Loops on a line and over lines, branches on a line, a call that does not come back, code that never runs.
  private static let program = """
    #include <stdlib.h>
    static int sum;
    static void leave(int n) {
      if (n > 3)
        exit(0);
      sum += n;
    }
    static int odd(int n) { return n & 1 ? n : -n; }
    static void each(int count) {
      for (int i = 0; i < count; i++) sum += odd(i);
      for (int i = 0; i < count; i++)
        for (int j = 0; j < i; j++) if (j & 2) sum++; else sum--;
      while (count--)
        leave(count % 5);
      sum = 0;
    }
    static void never(void) {
      sum = 7;
    }
    int main(int argc, char **argv) {
      if (argc > 5)
        never();
      switch (argc) {
      case 1: sum += 2; break;
      case 2: sum += 3; break;
      default: sum += 4;
      }
      each(9);
      return sum == 12345;
    }

    """

  private static let compiler = BroughtTrees.compilers.first { $0.hasSuffix("gcc") }

  private static func run(_ words: [String], in folder: URL) throws -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.currentDirectoryURL = folder
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(words)")
    return String(decoding: data, as: UTF8.self)
  }

  @Test(.enabled(if: compiler != nil, "no gcc"), arguments: ["-O0", "-O2"])
  func `lines and branches of a program are as gcov counts them`(optimization: String) throws {
    let scratch = try OwnedScratch()
    try scratch.write(Self.program, to: "program.c")
    let compiler = try #require(Self.compiler)
    _ = try Self.run(
      [compiler, optimization, "--coverage", "-c", "-o", "program.o", "program.c"], in: scratch.folder)
    _ = try Self.run([compiler, "--coverage", "-o", "program", "program.o"], in: scratch.folder)
    _ = try Self.run(["./program"], in: scratch.folder)
    func bytes(_ name: String) throws -> [UInt8] {
      Array(try Data(contentsOf: scratch.folder.appendingPathComponent(name)))
    }
    let notes = try #require(GcovNotes(bytes("program.gcno")))
    let data = try GcovData.counters(bytes("program.gcda"))
    var counted = SourceCounts()
    counted.add(notes, counters: { ident, _ in data[ident] }, path: { $0 })
    let file = try #require(counted.files["program.c"])
    let said = try #require(
      GcovText.read(try Self.run(["gcov", "-t", "-b", "-c", "program.o"], in: scratch.folder))["program.c"])
    let (lines, branches) = (said.lines, said.branches)
    #expect(file.lines == lines)
    #expect(
      file.branches.sorted { ($0.key.line, $0.key.number) < ($1.key.line, $1.key.number) }.map(\.value) == branches)
    #expect(lines.count > 20 && lines.values.contains(0) && branches.count > 10)
  }

  @Test func `what is no notes file is none`() {
    #expect(GcovNotes([]) == nil)
    #expect(GcovNotes(Array("oncg*22B".utf8)) == nil)
    #expect(GcovNotes(Array("oncg*804".utf8) + [UInt8](repeating: 0, count: 64)) == nil)
  }
}
