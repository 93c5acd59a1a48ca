import Foundation
import Testing

/// `scripts/stress` in a checkout that is not this one: when it builds, who may run what is built, and how it fails.
@Suite struct BuildScriptTests {
  /// A checkout with nothing in it but the scripts, and a `swift` that does as it is told.
  struct Checkout {
    let scratch: Scratch

    init(in scratch: Scratch, version: String = "6.2", building body: String = "") throws {
      self.scratch = scratch
      let manager = FileManager.default
      for folder in ["checkout/CAtomics", "checkout/Sources", "checkout/Expected", "checkout/Tests"] {
        try manager.createDirectory(atPath: scratch.file(folder), withIntermediateDirectories: true)
      }
      try manager.copyItem(
        atPath: Document.root.appendingPathComponent("scripts").path, toPath: scratch.file("checkout/scripts"))
      try scratch.write("", to: "checkout/Package.swift")
      try scratch.provide(
        "swift",
        """
        #!/bin/sh
        if [ "$1" = --version ]; then echo 'Swift version \(version)'; exit 0; fi
        echo built >>"$HERE/builds"
        mkdir -p "$HERE/checkout/.build/release"
        \(body.isEmpty ? "printf '#!/bin/sh\\nexit 3\\n' >\"$HERE/checkout/.build/release/stress\"" : body)
        chmod 755 "$HERE/checkout/.build/release/stress"

        """)
    }

    func run(_ script: String = "stress", as user: [String] = []) throws -> (status: Int32, output: String) {
      try scratch.execute(
        ["/usr/bin/env"] + user + [scratch.file("checkout/scripts/\(script)")],
        environment: ["HERE": scratch.folder.path])
    }

    var builds: Int { scratch.text("builds").split(separator: "\n").count }
  }

  private static let somebodyElse = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
  private static let isRoot = getuid() == 0 && access("/usr/bin/setpriv", X_OK) == 0

  @Test func `what is built is built once, and the exit code is the tool's`() throws {
    try Scratch.use { scratch in
      let checkout = try Checkout(in: scratch)
      #expect(try checkout.run().status == 3)
      #expect(try checkout.run() == (3, ""))
      #expect(checkout.builds == 1)
    }
  }

  @Test(.enabled(if: isRoot, "needs root and setpriv, to be two users"))
  func `another user runs what was built, and cannot build`() throws {
    try Scratch.use { scratch in
      chmod(scratch.folder.path, 0o755)
      let checkout = try Checkout(in: scratch)
      #expect(try checkout.run().status == 3)
      #expect(try checkout.run(as: Self.somebodyElse) == (3, ""))
      try scratch.write("// changed\n", to: "checkout/Package.swift")
      let refused = try checkout.run(as: Self.somebodyElse)
      #expect(refused.status == 70)
      #expect(refused.output.contains("cannot write to \(scratch.file("checkout/.build")): build it as root"))
      // A stamp of an earlier version, which was its owner's alone.
      #expect(try checkout.run().status == 3)
      chmod(scratch.file("checkout/.build/stress.stamp"), 0o600)
      let unread = try checkout.run(as: Self.somebodyElse)
      #expect(unread.status == 70)
      #expect(!unread.output.contains("Permission denied"))
    }
  }

  @Test func `a build that fails exits 70 with what it said`() throws {
    try Scratch.use { scratch in
      let checkout = try Checkout(in: scratch, building: "echo 'a.swift:1:1: error: no'; exit 1")
      let result = try checkout.run()
      #expect(result.status == 70)
      #expect(result.output.contains("a.swift:1:1: error: no\n"))
    }
  }

  @Test func `a command of a script that fails where nobody foresaw it is no violation`() throws {
    try Scratch.use { scratch in
      let checkout = try Checkout(in: scratch)
      try scratch.provide("cksum", "#!/bin/sh\nexit 1\n")
      let result = try checkout.run()
      #expect(result.status == 70)
      #expect(result.output.contains("build_signature"))
    }
  }
}
