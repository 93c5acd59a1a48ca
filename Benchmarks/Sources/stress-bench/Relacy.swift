// relacy, from a checkout that the user names: no file of it is kept here. The model is Benchmarks/Relacy/model.cpp.
import Foundation

struct Relacy: Explorer {
  static let howToGet = "relacy was left out: `git clone https://github.com/dvyukov/relacy`, then `--relacy relacy`"

  let name = "relacy, random"
  private let directory: URL
  private let threads: Int
  private var program: URL { directory.appending(path: "model-\(threads)") }

  /// Compiles the model for a number of threads, which relacy wants to know at compile time. Takes a few seconds.
  /// - Parameter directory: where the program goes.
  init(checkout: String, threads: Int, directory: URL) throws {
    self.threads = threads
    self.directory = directory
    let source = URL(filePath: #filePath).appending(path: "../../../Relacy/model.cpp").standardized.path
    guard FileManager.default.fileExists(atPath: "\(checkout)/relacy/relacy.hpp") else {
      throw Failure(description: "no checkout of relacy at \(checkout): relacy/relacy.hpp is missing")
    }
    let options = ["-std=c++20", "-O3", "-w", "-DMODEL_THREADS=\(threads)", "-I", checkout, source, "-o", program.path]
    _ = try Self.output(of: "/usr/bin/env", [try Self.compiler()] + options)
  }

  func explore(_ model: CommonModel, executions: Int, seed: Int) throws -> Exploration {
    let arguments = ["\(model.iterations)", "\(executions)", "\(seed)"] + (model.isMutant ? ["mutant"] : [])
    let line = try Self.output(of: program.path, arguments)
    let figures = line.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
    guard figures.count == 4, model.threads == threads else {
      throw Failure(description: "unexpected output of the relacy model: \(line)")
    }
    return Exploration(
      executions: figures[0], steps: figures[1], seconds: figures[2] / 1e9,
      firstFailure: figures[3] == 0 ? nil : Int(figures[3]))
  }

  /// What CXX names; else g++, whose code for relacy runs 1.3 to 2 times as fast as clang's; else what there is.
  private static func compiler() throws -> String {
    let environment = ProcessInfo.processInfo.environment
    if let named = environment["CXX"], !named.isEmpty { return named }
    let folders = (environment["PATH"] ?? "").split(separator: ":")
    let found = ["g++", "clang++"].first { name in
      folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
    }
    guard let found else { throw Failure(description: "no C++ compiler for relacy: install g++, or set CXX") }
    return found
  }

  private static func output(of program: String, _ arguments: [String]) throws -> String {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    let text = String(decoding: data, as: UTF8.self)
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw Failure(description: "\(([program] + arguments).joined(separator: " ")) failed:\n\(text)")
    }
    return text
  }
}
