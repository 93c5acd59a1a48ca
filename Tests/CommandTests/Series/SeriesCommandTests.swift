/// `stress series` as a user runs it.
import Foundation
import Testing

@Suite(.waitsForProcesses) struct SeriesCommandTests {
  /// A cache of its own for what is found out; kernels that were built are shared, as they are by their content.
  static func launcher(_ scratch: Scratch, cache: String = "cache") throws -> [String] {
    let environment = ProcessInfo.processInfo.environment
    let base = environment["XDG_CACHE_HOME"] ?? "\(environment["HOME"] ?? "/")/.cache"
    let own = scratch.folder.appendingPathComponent("\(cache)/stress")
    if !FileManager.default.fileExists(atPath: own.path) {
      try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
      for name in ["kernels", "units"] {
        try FileManager.default.createDirectory(atPath: "\(base)/stress/\(name)", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
          at: own.appendingPathComponent(name), withDestinationURL: URL(fileURLWithPath: "\(base)/stress/\(name)"))
      }
    }
    return ["/usr/bin/env", "XDG_CACHE_HOME=\(scratch.file(cache))"]
  }

  private static let little = ["--table", "private-empty", "--executions", "2", "--schedules", "100"]

  private static func start(
    _ arguments: [String], _ scratch: Scratch, cache: String = "cache"
  ) throws -> StressCommand {
    try StressCommand.start(["series"] + arguments, in: scratch, through: launcher(scratch, cache: cache))
  }

  private struct Record: Decodable {
    struct Named: Decodable { var checker: String }
    struct Commit: Decodable {
      var subject: String
      var state: String
      var builds: [[String: String?]]
      var changed: [String]
      var unseen: [[String: String]]
    }
    struct Timing: Decodable { var found: [Int] }
    var commits: [Commit]
    var timing: Timing
    var verdict: String
  }

  private static func record(_ scratch: Scratch, _ name: String = "r.json") throws -> Record {
    try JSONDecoder().decode(Record.self, from: Data(scratch.text(name).utf8))
  }

  /// The verdicts of a table, the base's first. A reason may name any line.
  private static func verdicts(_ ktap: String) -> [String] {
    ktap.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst(2).map { row in
      let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      return cells[2].replacing("\\", with: "").replacing(/:[0-9]+ wants/, with: ":LINE wants")
    }
  }

  private static let expected = ["ok"] + SeriesRepository.commits.map(\.verdict)

  @Test(.enabled(if: UserTree.source != nil, UserTree.why))
  func `the table of twelve commits is right, is remembered, and follows what is amended`() throws {
    try Scratch.use { scratch in
      let repository = try SeriesRepository(in: scratch)
      // What is not committed has no part in it.
      try "#error not committed\n".write(
        to: repository.root.appendingPathComponent("arch/x86/kvm/mmu/spte.c"), atomically: false, encoding: .utf8)
      let before = try SeriesRepository.bytes(repository.root)
      let arguments = [
        "\(repository.base)..", "--kernel-tree", repository.path, "--json", "r.json", "--markdown", "r.md", "--quiet",
      ]
      let cold = try Self.start(arguments + Self.little, scratch).finish()
      #expect(cold.status == 1, "\(cold.errors)")
      #expect(Self.verdicts(scratch.text("r.md")) == Self.expected, "\(cold.output)")
      #expect(
        cold.lastOutputLine == "FAIL 4/12 breaks FRZ-3, 7/12 does not build; 12 commits", "\(cold.lastOutputLine)")
      #expect(cold.output.contains(/with [0-9a-f]{12} checked out in linux:\nreplay: stress replay k\d:/))
      try Self.looksInto(try Self.record(scratch))
      #expect(try SeriesRepository.bytes(repository.root) == before)
      #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.file("cache/stress/series")) == ["results"])

      try Self.isRemembered(repository, arguments, scratch)
      try Self.isReadFromAnywhere(repository, scratch)
      try Self.isAmended(repository, scratch)
      try Self.reports(scratch)
    }
  }

  private static func looksInto(_ record: Record) throws {
    #expect(record.verdict == "broken" && record.commits.count == 13)
    #expect(record.commits[2].changed.contains("iter_is_mirror"))
    #expect(record.commits[11].unseen.map { $0["name"] } == ["kvm_nobody_calls()"])
    #expect(record.commits[10].changed == [] && record.commits[10].unseen.isEmpty)
    let compilers = ["clang", "gcc"].filter { name in
      ["/usr/bin", "/opt/swift/usr/bin"].contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
    }
    #expect(record.commits[1].builds.count >= compilers.count)
    #expect(record.timing.found[3] == 0 && record.timing.found[4] > 0)
  }

  /// Nothing is found out twice.
  private static func isRemembered(
    _ repository: SeriesRepository, _ arguments: [String], _ scratch: Scratch
  ) throws {
    let table = scratch.text("r.md").split(separator: "\n").filter { $0.hasPrefix("| ") }
    let warm = try start(arguments + little, scratch).finish()
    #expect(warm.status == 1)
    #expect(try record(scratch).timing.found == Array(repeating: 0, count: 13))
    #expect(scratch.text("r.md").split(separator: "\n").filter { $0.hasPrefix("| ") } == table)
  }

  /// A bare clone, a worktree, a shallow clone, mails: the same files, so nothing of them is found out again.
  private static func isReadFromAnywhere(_ repository: SeriesRepository, _ scratch: Scratch) throws {
    let url = "file://\(repository.path.replacing(" ", with: "%20"))"
    try Git.run(["clone", "--quiet", "--bare", url, "bare.git"], in: scratch.folder)
    try Git.run(["clone", "--quiet", "--depth", "13", url, "shallow"], in: scratch.folder)
    try Git.run(["worktree", "add", "--quiet", "--detach", scratch.file("other")], in: repository.root)
    let mails = try Git.run(["format-patch", "--stdout", repository.base], in: repository.root)
    try scratch.write(mails, to: "series.mbox")
    let places = [
      ("bare.git", ["\(repository.base)..main"]), ("shallow", ["\(repository.base).."]),
      ("other", ["\(repository.base).."]),
      ("bare.git", ["--mbox", "series.mbox", "--base", repository.base]),
    ]
    for (name, which) in places {
      // Git marks a pack as used where a patch makes what it holds.
      let times = which.count == 1
      let before = try SeriesRepository.bytes(scratch.folder.appendingPathComponent(name), times: times)
      let result = try start(
        which + ["--kernel-tree", name, "--json", "r.json", "--markdown", "r.md", "--quiet"] + little, scratch
      ).finish()
      #expect(result.status == 1, "\(name): \(result.errors)")
      #expect(verdicts(scratch.text("r.md")) == expected, "\(name)")
      // Of other commits it is asked what has changed, and nothing is run.
      let most = which.count > 1 ? 1 : 0
      #expect(try record(scratch).timing.found.allSatisfy { $0 <= most }, "\(name)")
      #expect(
        try SeriesRepository.bytes(scratch.folder.appendingPathComponent(name), times: times) == before, "\(name)")
    }
  }

  /// The last but two is made another one: those before it are known.
  private static func isAmended(_ repository: SeriesRepository, _ scratch: Scratch) throws {
    let root = repository.root
    try Git.run(["checkout", "--quiet", "--force", "--detach", "HEAD~3"], in: root)
    let edit = SeriesRepository.Edit(
      "arch/x86/kvm/mmu/tdp_mmu.c", "/* FROZEN_SPTE is no long-term value. */", "/* It is no long-term value. */")
    try SeriesRepository.apply(edit, in: root)
    try Git.run(["commit", "--quiet", "--no-gpg-sign", "--all", "--amend", "-m", "Restore it, and say so"], in: root)
    try Git.run(["cherry-pick", "--no-gpg-sign", "main~3..main~2"], in: root)
    let result = try start(
      ["\(repository.base)..", "--kernel-tree", repository.path, "--json", "r.json", "--quiet"] + little, scratch
    ).finish()
    #expect(result.status == 1, "\(result.errors)")
    let found = try record(scratch).timing.found
    #expect(found.prefix(9).allSatisfy { $0 == 0 } && found.suffix(2).allSatisfy { $0 > 0 }, "\(found)")
  }

  private static func reports(_ scratch: Scratch) throws {
    let forms = ["html", "markdown", "junit", "ktap", "mail", "perfetto", "text"]
    let files = forms.flatMap { ["--\($0)", "out.\($0)"] }
    let result = try StressCommand.start(["report", "r.json"] + files, in: scratch).finish()
    #expect(result.status == 0, "\(result.errors)")
    for form in forms { #expect(scratch.text("out.\(form)").contains("FRZ-3"), "\(form)") }
    let mail = scratch.text("out.mail")
    #expect(mail.split(separator: "\n").allSatisfy { $0.count <= 72 }, "\(mail)")
    #expect(mail.contains("[PATCH 4/10] Write the new SPTE only\n  breaks FRZ-3: "), "\(mail)")
    #expect(mail.contains("  mends FRZ-3 of 4/10") && mail.contains("\nScope: "), "\(mail)")
    #expect(scratch.text("out.ktap").contains("not ok 5 4/10"))
  }

  /// The tool's own C lies beside it, and is compiled with every kernel.
  @Test func `what another harness has found out is not taken for its own`() throws {
    try Scratch.use { scratch in
      let tool = URL(fileURLWithPath: try #require(StressCommand.executablePath))
      let bin = scratch.folder.appendingPathComponent("bin")
      try FileManager.default.createDirectory(at: bin, withIntermediateDirectories: true)
      let resources = "stress_KernelMMU.resources"
      for name in ["stress", resources] {
        let source = name == "stress" ? tool : tool.deletingLastPathComponent().appendingPathComponent(name)
        // By another process: what this one writes may still be open in a child that another test starts, and what is
        // open for writing cannot be run.
        let copy = try Process.run(
          URL(fileURLWithPath: "/bin/cp"),
          arguments: ["-r", source.resolvingSymlinksInPath().path, bin.appendingPathComponent(name).path])
        copy.waitUntilExit()
      }
      let root = scratch.folder.appendingPathComponent("repository")
      try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
      try Git.run(["init", "--quiet"], in: root)
      for number in 1...2 {
        try SeriesRepository.apply(.init("Makefile", "", "# \(number)\n"), in: root)
        try SeriesRepository.commit("\(number)", in: root)
      }
      func found() throws -> [Int] {
        let words = ["series", "HEAD~1..HEAD", "--kernel-tree", root.path, "--json", scratch.file("r.json"), "--quiet"]
        let result = try scratch.execute(
          [bin.appendingPathComponent("stress").path] + words, environment: ["XDG_CACHE_HOME": scratch.file("cache")])
        #expect(result.status == 125, "\(scratch.text("log"))")
        return try Self.record(scratch).timing.found
      }
      #expect(try found() == [1, 1])
      #expect(try found() == [0, 0])
      let glue = bin.appendingPathComponent("\(resources)/Resources/glue/x86.c")
      let text = try String(contentsOf: glue, encoding: .utf8)
      try FileManager.default.removeItem(at: glue)
      try "\(text)// changed\n".write(to: glue, atomically: false, encoding: .utf8)
      #expect(try found() == [1, 1])
    }
  }

  // MARK: What cannot be read, and signals

  @Test(.enabled(if: UserTree.source != nil, UserTree.why))
  func `a repository is as it was after a signal and a kill, and the next run sweeps`() throws {
    try Scratch.use { scratch in
      let repository = try SeriesRepository(in: scratch)
      let before = try SeriesRepository.bytes(repository.root)
      let arguments = [
        "main~2..main", "--kernel-tree", repository.path, "--schedules", "1000000000", "--table", "private-empty",
      ]
      for signal in [SIGINT, SIGKILL] {
        let command = try Self.start(arguments + ["--executions", "1"], scratch)
        while !Self.runs(scratch), command.waitUntilStarted("2 commits on") { usleep(20_000) }
        command.send(signal)
        let result = command.finish()
        #expect(result.status == 128 + signal, "\(result.errors)")
        if signal == SIGINT { #expect(result.output.contains("INTERRUPTED after 0 of 2 commits")) }
        var tries = 0
        while Self.runs(scratch), tries < 500 {
          usleep(20_000)
          tries += 1
        }
        #expect(!Self.runs(scratch), "a child goes on")
        #expect(try SeriesRepository.bytes(repository.root) == before)
      }
      let cache = scratch.file("cache/stress/series")
      #expect(try FileManager.default.contentsOfDirectory(atPath: cache).contains { $0.hasPrefix(".run-") })
      _ = try Self.start(["main..main", "--kernel-tree", repository.path], scratch).finish()
      #expect(try !FileManager.default.contentsOfDirectory(atPath: cache).contains { $0.hasPrefix(".run-") })
    }
  }

  /// Whether a process works with the test's cache.
  private static func runs(_ scratch: Scratch) -> Bool {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.contains { name in
      guard Int32(name) != nil, let words = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") else {
        return false
      }
      let text = String(decoding: words, as: UTF8.self)
      return text.hasPrefix("stress\0") && text.contains(scratch.folder.lastPathComponent)
    }
  }

  @Test(.enabled(if: UserTree.source != nil, UserTree.why))
  func `what cannot be read or applied is told in a line`() throws {
    try Scratch.use { scratch in
      let repository = try SeriesRepository(in: scratch)
      try Git.run(["config", "uploadpack.allowFilter", "true"], in: repository.root)
      let url = "file://\(repository.path.replacing(" ", with: "%20"))"
      try Git.run(["clone", "--quiet", "--filter=blob:none", "--no-checkout", url, "partial"], in: scratch.folder)
      try Git.run(["clone", "--quiet", "--depth", "2", url, "shallow"], in: scratch.folder)
      let mails = try Git.run(["format-patch", "--stdout", "main~3..main~1"], in: repository.root)
      try scratch.write(mails, to: "series.mbox")
      try scratch.write("no mail at all\n", to: "none.mbox")
      let whole = repository.path
      let cases: [(arguments: [String], repository: String, status: Int32, says: String)] = [
        (["main~12..main"], "partial", 125, "a partial clone lacks it: fetch what is missing"),
        (["main~5..main"], "shallow", 64, "it is a shallow clone: 'git fetch --deepen N' brings more"),
        (["main..main"], whole, 64, "main..main is empty: main adds nothing to main"),
        (["main..main~1"], whole, 64, "is an ancestor of main; give the older one first"),
        (["nothing..main"], whole, 64, "git knows no commit 'nothing'"),
        (["main"], whole, 64, "'main' is no range; allowed is BASE..TIP"),
        (["main~1..main"], "/", 64, "'/' is no git repository that can be read"),
        (["main~1..main"], "nowhere", 64, "'nowhere' is no folder"),
        (["--mbox", "series.mbox", "--base", "main"], whole, 125, "patch 1 of 2 'Say what tdx_track() does' does not"),
        (["--mbox", "none.mbox", "--base", "main"], whole, 125, "the mbox is none that git can read"),
        (["--mbox", "absent.mbox", "--base", "main"], whole, 64, "cannot read --mbox 'absent.mbox'"),
        (["main~1..main", "--origin", "ci"], whole, 64, "--origin goes with --kcidb"),
        (["main~1..main", "--kcidb", "k", "--origin", "My CI"], whole, 64, "allowed are small letters"),
        (["--mbox", "series.mbox"], whole, 64, "--mbox and --base go together"),
        ([], whole, 64, "give either a range"),
      ]
      for one in cases {
        let folder = one.repository.hasPrefix("/") ? nil : scratch.folder.appendingPathComponent(one.repository)
        let before = folder.flatMap { try? SeriesRepository.bytes($0) }
        let result = try Self.start(one.arguments + ["--kernel-tree", one.repository, "--quiet"], scratch).finish()
        #expect(result.status == one.status, "\(one.arguments): \(result.errors)\(result.output)")
        let told = one.status == 125 && one.repository == "partial" ? result.output : result.complaints.joined()
        #expect(told.contains(one.says), "\(one.arguments): \(result.errors)\(result.output)")
        #expect(folder.flatMap { try? SeriesRepository.bytes($0) } == before)
      }
    }
  }
}
