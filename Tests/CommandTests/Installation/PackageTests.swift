import Foundation
import Testing

/// `scripts/package`, of the build that is tested: what it makes runs, says what it is made of, and is the same twice.
/// That two builds are is `scripts/package --twice`, and other systems are `scripts/package-check`.
@Suite(.waitsForProcesses) struct PackageTests {
  private static let script = Document.root.appendingPathComponent("scripts/package").path

  private func package(
    _ arguments: [String], _ scratch: Scratch, environment: [String: String] = [:]
  ) throws -> (status: Int32, output: String) {
    let tool = try #require(StressCommand.executablePath)
    return try scratch.execute([Self.script] + arguments, environment: ["STRESS": tool].merging(environment) { $1 })
  }

  private func shell(_ script: String, _ scratch: Scratch) throws -> String {
    let result = try scratch.execute(["/bin/sh", "-ec", script])
    try #require(result.status == 0, "\(result.output)")
    return result.output
  }

  @Test func `what is packed twice is alike, runs where it is unpacked, and is told file by file`() throws {
    try Scratch.use { scratch in
      let made = try package([scratch.file("one")], scratch)
      try #require(made.status == 0, "\(made.output)")
      // On another day, by somebody else.
      let again = try package(
        [scratch.file("two")], scratch, environment: ["TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"])
      #expect(again.status == 0 && again.output == made.output, "\(again.output)")
      #expect(try shell("cd one; sha256sum --check SHA256SUMS", scratch).contains(": OK\n"))
      let names = scratch.contents(of: "one")
      #expect(names.count == 4 && names == scratch.contents(of: "two"), "\(names)")

      _ = try shell("mkdir 'un packed'; tar -xzf one/stress-*.tar.gz -C 'un packed' --strip-components=1", scratch)
      let tool = scratch.file("un packed/bin/stress")
      let version = try scratch.execute([tool, "--version"]).output
      #expect(version.wholeMatch(of: /stress [0-9.]+, commit [0-9a-f]{12}.*, build [0-9a-f]{12}\n/) != nil)
      let run = try scratch.execute([tool, "explore", "--mutant", "thaw-first", "--seed", "3", "--quiet"])
      #expect(run.status == 1 && run.output.contains("FAIL ORD-2 "), "\(run.output)")

      let digest = try shell("sha256sum 'un packed/libexec/stress/stress'", scratch).prefix(64)
      #expect(version.hasSuffix(", build \(digest.prefix(12))\n"))
      let bill = try #require(names.first { $0.hasSuffix(".spdx.json") })
      #expect(try files(of: scratch.text("one/\(bill)"))["./libexec/stress/stress"] == String(digest))
      let packed = try shell("cd 'un packed'; find . -type f", scratch).split(separator: "\n").map(String.init)
      #expect(try files(of: scratch.text("one/\(bill)")).keys.sorted() == packed.sorted())
      try checkDebian(scratch)
    }
  }

  private func files(of bill: String) throws -> [String: String] {
    struct Bill: Decodable {
      struct File: Decodable {
        struct Checksum: Decodable { var algorithm, checksumValue: String }
        var fileName: String
        var checksums: [Checksum]
      }
      struct Package: Decodable { var name: String }
      var spdxVersion: String
      var packages: [Package]
      var files: [File]
    }
    let decoded = try JSONDecoder().decode(Bill.self, from: Data(bill.utf8))
    #expect(decoded.spdxVersion == "SPDX-2.3")
    #expect(decoded.packages.map(\.name).contains("swift-argument-parser"))
    return Dictionary(
      uniqueKeysWithValues: decoded.files.map { file in
        (file.fileName, file.checksums.first { $0.algorithm == "SHA256" }?.checksumValue ?? "")
      })
  }

  /// The Debian package has each thing where Debian has it, owned by root.
  private func checkDebian(_ scratch: Scratch) throws {
    let list = try shell("dpkg-deb --contents one/*.deb", scratch)
    for name in [
      "bin/stress -> ../libexec/stress/stress", "libexec/stress/stress",
      "libexec/stress/stress_KernelMMU.resources/Resources/abi/stress_abi.h", "share/man/man1/stress-explore.1.gz",
      "share/bash-completion/completions/stress", "share/zsh/vendor-completions/_stress",
      "share/fish/vendor_completions.d/stress.fish", "share/doc/stress-kvm/copyright",
      "share/doc/stress-kvm/docs/kernel.md", "share/doc/stress-kvm/third-party/swift-argument-parser.txt",
    ] { #expect(list.contains(" ./usr/\(name)\n"), "\(name)") }
    #expect(list.split(separator: "\n").allSatisfy { $0.contains(" root/root ") })
    let control = try shell("dpkg-deb --field one/*.deb", scratch)
    #expect(control.contains("Package: stress-kvm\n") && control.contains("\nDepends: libc6 (>= 2."))
    #expect(control.contains("\nConflicts: stress\n"))
  }

  @Test(arguments: [["--nonsense"], ["one", "two"], [""], ["--twice"]])
  func `bad usage is told in one line`(arguments: [String]) throws {
    try Scratch.use { scratch in
      let result = try package(arguments, scratch)
      #expect(result.status == 64 && result.output.hasPrefix("package: error: "), "\(result.output)")
      #expect(result.output.split(separator: "\n").count == 1)
    }
  }
}
